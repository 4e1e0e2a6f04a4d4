import { leavesDirectory } from '@quarry/agent/files/work-directory';
import type { tailRunFile } from '@quarry/contract';
import { findJob } from '../../db/queries/find-job.ts';
import { findRunNow, lookAtRun } from '../../db/queries/find-runs.ts';
import type { EventStream } from '../../http/event-stream.ts';
import { Answer, type Call } from '../../http/route.ts';
import { LIMITS } from '../../limits.ts';
import { Problem } from '../../problems.ts';
import { type FindContext, notHere, outputsOf, type WhichRun } from '../../run-files/find.ts';
import { Follow, type FollowedFile } from '../../run-files/follow.ts';
import { Follower } from '../../run-files/follower.ts';
import { type Place, parsePlace } from '../../run-files/pieces.ts';
import { missing, type RunFile } from '../../run-files/run-files.ts';
import { openStored } from '../../run-files/stored.ts';
import type { JobsContext } from '../jobs/context.ts';
import { findLastLines } from './last-lines.ts';

const STREAM = {
  heartbeatSeconds: LIMITS.eventHeartbeatSeconds,
  stallSeconds: LIMITS.eventStallSeconds,
  retryMs: 1000,
};

/** Answers what is written to a file of a run, until the run has ended. */
export async function follow(context: JobsContext, call: Call<typeof tailRunFile>): Promise<Answer> {
  const { database, files, follows, followSlots, jobChanges } = context;
  const { jobId, runId, '*': path } = call.params;
  // Who may see it is asked of each who follows it.
  await findRunNow(database.read, call.caller, jobId, runId);
  const file = followed(files, { jobId, runId }, path);
  await refuseNothing(file, path);
  using held = new DisposableStack();
  if (call.method !== 'HEAD') {
    held.use(followSlots.take(call.caller));
  }
  const key = JSON.stringify([jobId, runId, path]);
  const shared = follows.of(key, (onOver) => new Follow(file, jobId, jobChanges, onOver));
  const follower = held.use(new Follower(shared, (opened, isLate) => beginAt(call, opened, isLate)));
  const kept = held.move();
  return Answer.events({
    options: STREAM,
    tell: (stream) => tellFollower(context, call, follower, stream),
    close: () => kept.dispose(),
  });
}

/** The file as all see it who follow it. */
function followed(
  files: FindContext,
  { jobId, runId }: Pick<WhichRun, 'jobId' | 'runId'>,
  path: string,
): FollowedFile {
  const now = () => lookAtRun(files.read, jobId, runId);
  return {
    async open() {
      const found = await now();
      return found.place === null ? notHere(found) : await orProblem(files.runFiles.open(found.place, path));
    },
    async end() {
      const { outcome, failure, exit_code: exitCode } = (await now()).run;
      return outcome === null
        ? null
        : { outcome, failure: failure === null ? null : JSON.parse(failure), exitCode };
    },
    async openStored() {
      return openStored(files, outputsOf(await now()), path);
    },
  };
}

/** Nobody is to wait for what cannot come. */
async function refuseNothing(file: FollowedFile, path: string): Promise<void> {
  if (leavesDirectory(path)) {
    throw missing(path);
  }
  const hasEnded = (await file.end()) !== null;
  const opened = await file.open();
  if (!(opened instanceof Problem)) {
    await opened.close();
    return;
  }
  if (!hasEnded && opened.kind === 'not_found') {
    return;
  }
  if (!hasEnded) {
    throw opened;
  }
  const stored = await file.openStored();
  if (stored === null) {
    throw opened;
  }
  await stored.close();
}

/** What is in the way of a file may go, and is no reason to end. */
function orProblem<Opened>(opening: Promise<Opened>): Promise<Opened | Problem> {
  return opening.catch((error) => {
    if (error instanceof Problem) {
      return error;
    }
    throw error;
  });
}

/** Where to begin: behind what the client has, at the byte or so many lines before the end that it wants. */
async function beginAt(
  { headers, query }: Call<typeof tailRunFile>,
  file: RunFile,
  isLate: boolean,
): Promise<Place> {
  const last = parsePlace(headers['last-event-id']?.toString() ?? '');
  if (last !== null) {
    return last;
  }
  // Of a file that has come since then, all is new.
  if (query.offset !== undefined || query.lines === undefined || isLate) {
    return { offset: query.offset ?? 0, mark: null };
  }
  const { sizeBytes } = await file.look();
  const { start } = await findLastLines(file, sizeBytes, {
    count: query.lines,
    jsonBytes: LIMITS.tailBytes,
  });
  return { offset: start, mark: null };
}

async function tellFollower(
  { database, jobChanges }: JobsContext,
  call: Call<typeof tailRunFile>,
  follower: Follower,
  stream: EventStream,
): Promise<void> {
  for (let { rights } = follower; !stream.gone.aborted && !jobChanges.isClosed; ) {
    if (rights !== follower.rights) {
      ({ rights } = follower);
      try {
        await findJob(database.read, await call.authenticateAgain(), call.params.jobId);
      } catch {
        // The client learns why when it comes again.
        return;
      }
    }
    const told = await follower.next();
    if (told === 'over') {
      return;
    }
    if (told === null) {
      await follower.news(stream.gone);
      continue;
    }
    await stream.sendFrame(told.frame);
    if (told.isLast) {
      return;
    }
  }
}
