/**
 * One file of a run, wherever it is now: in the work directory while the run executes, among the stored outputs once it has
 * ended. Between the two it is moved, hashed and taken over, and has no place where anybody could look. Then the end of the
 * run is waited for, so that nobody is told that a file is not there which was there before and will be there again.
 */
import type { Caller } from '../access/caller.ts';
import type { RunOfOutputs } from '../db/queries/files-outputs.ts';
import { findRunNow, type RunNow } from '../db/queries/find-runs.ts';
import type { JobChanges, Watch } from '../jobs/life/job-changes.ts';
import { LIMITS } from '../limits.ts';
import { notFound, Problem } from '../problems.ts';
import type { RunFile, RunFiles } from './run-files.ts';
import { openStored, type StoredContext, type StoredRunFile } from './stored.ts';

export interface FindContext extends StoredContext {
  runFiles: RunFiles;
  jobChanges: JobChanges;
}

export interface WhichRun {
  caller: Caller;
  jobId: string;
  runId: string;
}

export type FoundFile = { file: RunFile; stored: null } | { file: StoredRunFile; stored: StoredRunFile };

const RETRY_AFTER_SECONDS = 2;

/** Opens a file of a run; whoever opens closes. Refuses with the words of whoever looked last. */
export async function openRunFile(
  context: FindContext,
  which: WhichRun,
  path: string,
  signal: AbortSignal,
): Promise<FoundFile> {
  const { read, runFiles } = context;
  using end = new EndOfRun(context, which, signal);
  for (let now = await findRunNow(read, which.caller, which.jobId, which.runId); ; ) {
    let missing = notHere(now);
    if (now.place !== null) {
      const file = await orMissing(runFiles.open(now.place, path));
      if (!(file instanceof Problem)) {
        return { file, stored: null };
      }
      missing = file;
    }
    if (now.run.outcome !== null) {
      const stored = await openStored(context, outputsOf(now), path);
      if (stored !== null) {
        return { file: stored, stored };
      }
      throw missing;
    }
    const later = await end.after(now);
    if (later === 'same') {
      throw missing;
    }
    if (later === 'late') {
      throw beingCollected(which.runId);
    }
    now = later;
  }
}

/** Waits for the end of a run whose commands are over. */
export class EndOfRun implements Disposable {
  readonly #context: FindContext;
  readonly #which: WhichRun;
  readonly #signal: AbortSignal;
  readonly #watch: Watch;
  readonly #deadline = performance.now() + LIMITS.takeOverWaitSeconds * 1000;

  constructor(context: FindContext, which: WhichRun, signal: AbortSignal) {
    this.#context = context;
    this.#which = which;
    this.#signal = signal;
    this.#watch = context.jobChanges.watch(which.jobId);
  }

  /**
   * After a look at the place of a run that did not find all: the run as it is now where it has left that place; else `same`
   * when its commands are still executed, and `late` when it has not ended in time.
   */
  async after(before: RunNow): Promise<RunNow | 'same' | 'late'> {
    const { read, runFiles } = this.#context;
    const { caller, jobId, runId } = this.#which;
    // Asked first: what it is asked of goes with the cluster, once the end of the run is written.
    const isCollected = before.place !== null && (await runFiles.isCollected(before.place));
    for (;;) {
      const now = await findRunNow(read, caller, jobId, runId);
      if (hasMoved(before, now)) {
        return now;
      }
      if (!isCollected) {
        return 'same';
      }
      if ((await this.#watch.next({ deadline: this.#deadline, signal: this.#signal })) === null) {
        return 'late';
      }
    }
  }

  [Symbol.dispose](): void {
    this.#watch[Symbol.dispose]();
  }
}

/** Where the outputs of a run are found. */
export function outputsOf({ jobId, isOfSweep, run }: RunNow): RunOfOutputs {
  return { jobId, run: run.number, isOfSweep };
}

/** What is not there, as an answer; everything else is thrown. */
function orMissing<Opened>(opening: Promise<Opened>): Promise<Opened | Problem> {
  return opening.catch((error) => {
    if (error instanceof Problem && error.kind === 'not_found') {
      return error;
    }
    throw error;
  });
}

/** Why there is nothing to be seen of a run that has no place. */
export function notHere({ run, jobId }: RunNow): Problem {
  if (run.outcome !== null) {
    return notFound(
      `Run ${run.number} has ended, and has no such file among its outputs; these are at jobs/${jobId}/files/.`,
      `Names are relative to the work directory, and case-sensitive. What there is: \`quarry runs files ${jobId} ${run.number}\`.`,
    );
  }
  return notFound(
    `Run ${run.number} is not executing yet; its files can be seen while it executes, and are at jobs/${jobId}/files/ once it has ended.`,
    `Ask again when it executes: \`quarry jobs watch ${jobId}\` shows it.`,
  );
}

/** Whether a look at the place of a run was one at a place that the run has left. */
function hasMoved(before: RunNow, now: RunNow): boolean {
  return (
    before.run.outcome !== now.run.outcome ||
    before.run.attempt !== now.run.attempt ||
    before.place?.directory !== now.place?.directory
  );
}

function beingCollected(runId: string): Problem {
  return new Problem('busy', `The commands of run ${runId} are over, and its outputs are being collected.`, {
    code: 'being_collected',
    hint: 'Ask again: the file is there as soon as the run has ended. "collecting" of the run says how far that is.',
    retryAfterSeconds: RETRY_AFTER_SECONDS,
  });
}
