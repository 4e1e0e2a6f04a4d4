/**
 * What an agent's events mean for the rows of its job, inside the one transaction that also moves the job's state.
 * All events of an exchange are taken together: one read and one write of the job, one insert of all outputs.
 */
import { basename } from 'node:path/posix';
import { type AgentEvent, type Failure, FILE_TYPE, type RunOutcome, type RunUsage } from '@quarry/contract';
import { type Clock, toInstant } from '../../clock.ts';
import type { Queries } from '../../db/database.ts';
import { deleteFiles } from '../../db/queries/files-delete.ts';
import { insertFiles, type NewFile } from '../../db/queries/files-insert.ts';
import type { LiveCluster } from '../../db/queries/find-cluster.ts';
import { NO_DIRECTORY } from '../../db/queries/kept-directories.ts';
import { findRunsByNumber, writeRunCourse, writeRunEnd } from '../../db/queries/record-runs.ts';
import { noteSsh } from '../../db/queries/ssh-access.ts';
import { noteHeldOutputs, noteHost } from '../../db/queries/write-clusters.ts';
import type { StoredDefinition } from '../definition/stored.ts';
import type { ClusterSite } from '../life/new-cluster.ts';
import type { Ending } from '../life/state.ts';
import { type Applied, type JobLife, openLife } from '../life/store.ts';
import { followIteration, noteIterationStarted } from '../optimization/optimization.ts';
import { anotherAttempt, fromRunId, mayRetry, type StoredRun } from './attempts.ts';
import { type KeptOutputs, outputLost, type RunFinished } from './collect.ts';
import { isFailureLimit, tooManyFailures } from './failure-limit.ts';
import {
  type AfterLoss,
  afterLoss,
  type DirectoryColumns,
  keptDirectory,
  lostFailure,
  resumedAttempt,
} from './lost-runs.ts';
import { recordLogin } from './record-login.ts';
import { runDirectory } from './run-directory.ts';
import { skippedColumns } from './skipped.ts';
import { stopUndelivered } from './stop-undelivered.ts';
import { addUsage } from './usage.ts';

interface Recording {
  queries: Queries;
  clock: Clock;
  cluster: LiveCluster;
  definition: StoredDefinition;
  life: JobLife;
  runs: Map<number, StoredRun>;
  /** Columns of runs that have changed and are not written yet. */
  changes: Map<StoredRun, Partial<StoredRun>>;
  files: NewFile[];
  outputBytes: number;
  usage: RunUsage | null;
  /** Digests of what attempts have left that are followed by another. */
  unwanted: string[];
  /** Directories of runs in which nothing is left to resume. */
  discarded: string[];
  lostRunDays: number;
}

export interface Recorded {
  applied: Applied;
  unwanted: string[];
  discarded: string[];
}

/** Applies events that follow each other without a gap; `kept` has the outputs of each finished run by event number. */
export async function recordEvents(
  queries: Queries,
  clock: Clock,
  cluster: LiveCluster,
  definition: StoredDefinition,
  events: readonly AgentEvent[],
  kept: ReadonlyMap<number, KeptOutputs>,
  { lostRunDays }: Pick<ClusterSite, 'lostRunDays'>,
): Promise<Recorded> {
  const recording: Recording = {
    queries,
    clock,
    cluster,
    definition,
    // What lies on the disk of an agent that shares none goes with it.
    lostRunDays: cluster.shares_files === 1 ? lostRunDays : 0,
    life: await openLife(queries, clock, cluster.job_id),
    runs: await findRunsByNumber(queries, cluster.job_id, runsNamed(events)),
    changes: new Map(),
    files: [],
    outputBytes: 0,
    usage: null,
    unwanted: [],
    discarded: [],
  };
  for (const event of events) {
    await recordEvent(recording, event, kept);
  }
  await writeChanges(recording);
  await insertFiles(queries, recording.files, () => clock.now());
  await addToJob(recording);
  const { unwanted, discarded } = recording;
  return { applied: await recording.life.save(), unwanted, discarded };
}

function runsNamed(events: readonly AgentEvent[]): Set<number> {
  return new Set(events.flatMap((event) => ('runId' in event ? (fromRunId(event.runId)?.number ?? []) : [])));
}

async function recordEvent(
  recording: Recording,
  event: AgentEvent,
  kept: ReadonlyMap<number, KeptOutputs>,
): Promise<void> {
  const { life } = recording;
  switch (event.type) {
    case 'agent_started':
      await noteHost(recording.queries, recording.cluster.id, event.hostname);
      if (event.ssh !== undefined) {
        const ssh = { address: event.ssh, problem: event.sshProblem ?? null };
        await noteSsh(recording.queries, recording.cluster.id, ssh);
      }
      return life.apply({ type: 'agent_started', isUnchecked: isUnchecked(recording.definition) });
    case 'run_started': {
      const run = openRun(recording, event.runId);
      if (run && run.date_started === null) {
        change(recording, run, { date_started: toInstant(event.at) });
        if (run.parent !== null) {
          await noteIterationStarted(recording.queries, run.job_id, toInstant(event.at));
        }
      }
      return life.apply({ type: 'run_started' });
    }
    case 'tile_exited':
    // Whoever asked for it is told when this is durable, by the exchange.
    case 'run_signalled':
      return;
    case 'run_collecting': {
      const run = openRun(recording, event.runId);
      if (run) {
        change(recording, run, { collecting: JSON.stringify(event.progress) });
      }
      return;
    }
    case 'run_finished': {
      const run = openRun(recording, event.runId);
      if (run) {
        await recordEnd(recording, run, event, kept.get(event.seq)!);
      }
      return;
    }
    case 'ssh_login':
      return recordLogin(recording.queries, recording.cluster, event);
    case 'agent_stopped':
      return life.apply({ type: 'agent_stopped' });
  }
}

/** The run that an event speaks of, if that attempt has not ended; what an earlier attempt says counts no more. */
function openRun({ runs }: Recording, runId: string): StoredRun | null {
  const id = fromRunId(runId);
  const run = id && runs.get(id.number);
  return run && run.attempt === id.attempt && run.outcome === null ? run : null;
}

function change({ changes }: Recording, run: StoredRun, columns: Partial<StoredRun>): void {
  Object.assign(run, columns);
  changes.set(run, { ...changes.get(run), ...columns });
}

/** Writes what has become of the runs, each once, also when it started and ended since. Whoever reads runs needs it before. */
async function writeChanges({ queries, changes }: Recording): Promise<void> {
  for (const [run, columns] of changes) {
    if (columns.attempt !== undefined) {
      await queries
        .updateTable('runs')
        .set(columns)
        .where('job_id', '=', run.job_id)
        .where('number', '=', run.number)
        .execute();
    } else if (columns.outcome === undefined) {
      await writeRunCourse(queries, run);
    } else {
      await writeRunEnd(queries, run);
    }
  }
  changes.clear();
}

/** Closes a run with its outputs: whoever sees the end sees the files. A policy may give it another attempt instead. */
async function recordEnd(
  recording: Recording,
  run: StoredRun,
  event: RunFinished,
  kept: KeptOutputs,
): Promise<void> {
  const { life, definition } = recording;
  recording.usage = addUsage(recording.usage, event.usage);
  const left = event.unfinished ? directoryLeft(recording, run, event) : NO_DIRECTORY;
  const directory = recording.lostRunDays === 0 ? NO_DIRECTORY : left;
  const { outcome, failure } = verdictOn(recording, run, event, kept, directory);
  const end = {
    date_completed: toInstant(event.at),
    outcome,
    exit_code: event.exitCode,
    failure: failure && JSON.stringify(failure),
  };
  const next = whatFollows(recording, run, event, outcome);
  if (next === 'resume') {
    if (kept.outputs.length > 0) {
      change(recording, run, await replaceOutputs(recording, run, event, kept));
    }
    change(recording, run, { ...resumedAttempt({ ...run, ...end }), ...left });
    return;
  }
  // What could not be stored is still there.
  const isGivenUp = next === 'retry' || (directory.directory === null && kept.lost.length === 0);
  if (run.directory !== null && isGivenUp) {
    recording.discarded.push(run.directory);
  }
  if (next === 'retry') {
    await dropOutputs(recording, run);
    change(recording, run, anotherAttempt({ ...run, ...end }));
    recording.unwanted.push(...kept.outputs.map(({ sha512 }) => sha512));
    return;
  }
  // However the run has ended: its own failure says nothing of them.
  if (event.holdsOutputs || event.failure?.code === 'output_lost' || kept.lost.length > 0) {
    await noteHeldOutputs(recording.queries, recording.cluster.id);
  }
  const bytesBefore = run.directory_bytes;
  change(recording, run, { ...end, ...directory, collecting: null });
  if (isAsItWas(event)) {
    // Of a directory that is not kept any more there are none.
    change(recording, run, {
      is_unfinished: 1,
      directory_bytes: run.directory === null ? null : bytesBefore,
    });
  } else {
    change(recording, run, {
      ...(await replaceOutputs(recording, run, event, kept)),
      results: JSON.stringify(event.variables.map(({ name, value }) => [name, value])),
      usage: event.usage && JSON.stringify(event.usage),
    });
  }
  const planned = definition.optimizer ? await followOptimization(recording, run, outcome) : 0;
  life.apply({ type: 'run_finished', outcome, failure, planned });
  await endEarly(recording, outcome, failure);
}

/** The agent has not touched what an attempt before had left: what was collected of that still stands. */
function isAsItWas({ unfinished, outputs, directoryBytes }: RunFinished): boolean {
  return unfinished && outputs.length === 0 && directoryBytes === null;
}

/** How the run has ended, as far as it is for the platform to say. */
function verdictOn(
  { life, cluster }: Recording,
  run: StoredRun,
  event: RunFinished,
  kept: KeptOutputs,
  { directory_expires_at: expiresAt }: DirectoryColumns,
): { outcome: RunOutcome; failure: Failure | null } {
  const { stop, ending } = life.state;
  // The agent knows only that it was told to stop, and not that it was the platform that wanted it.
  const cause =
    event.failure?.code === 'stopped_by_user' ? (ending?.failure ?? event.failure) : event.failure;
  if (event.unfinished && cause) {
    const failure = lostFailure(cause, {
      jobId: cluster.job_id,
      expiresAt,
      isCollected: kept.outputs.length > 0 || (isAsItWas(event) && run.output_count > 0),
      left: (event.skippedCount ?? event.skipped.length) + kept.lost.length,
    });
    // The history has said that the job is stopped: it was, if not in the way that was meant.
    return { outcome: stop ? (ending?.outcome ?? 'stopped') : event.outcome, failure };
  }
  const lost = kept.lost.length > 0 ? outputLost(kept.lost) : null;
  return {
    outcome: event.outcome === 'success' && lost ? 'failed' : event.outcome,
    failure: cause ?? lost,
  };
}

/** Whether another attempt follows, and which. */
function whatFollows(
  { life, cluster, definition: { retryPolicy } }: Recording,
  run: StoredRun,
  event: RunFinished,
  outcome: RunOutcome,
): AfterLoss {
  if (life.state.stop) {
    return 'fail';
  }
  if (event.unfinished) {
    const next = afterLoss(retryPolicy, run, event.failure?.code ?? '');
    return next === 'resume' && cluster.shares_files === 0 ? 'retry' : next;
  }
  return outcome === 'failed' && mayRetry(retryPolicy, run, event.exitCode) ? 'retry' : 'fail';
}

/** Where an attempt was cut off, as it is kept. */
function directoryLeft(
  { cluster, clock, lostRunDays }: Recording,
  run: StoredRun,
  { directoryBytes: sizeBytes }: RunFinished,
): DirectoryColumns {
  const directory = run.directory ?? runDirectory(cluster.directory, run.number);
  return keptDirectory(directory, { sizeBytes, now: clock.now(), lostRunDays });
}

/** Lists what the attempt has put out, instead of what was collected of one that it goes on with; answers the run's columns. */
async function replaceOutputs(
  recording: Recording,
  run: StoredRun,
  event: RunFinished,
  kept: KeptOutputs,
): Promise<Partial<StoredRun>> {
  await dropOutputs(recording, run);
  const bytes = kept.outputs.reduce((total, output) => total + output.sizeBytes, 0);
  recording.outputBytes += bytes;
  const { cluster, files } = recording;
  for (const output of kept.outputs) {
    files.push({ ...toFile(cluster, run.number, output), unfinished: event.unfinished });
  }
  return {
    ...skippedColumns(event, kept),
    output_count: kept.outputs.length,
    output_bytes: bytes,
    is_unfinished: event.unfinished ? 1 : 0,
  };
}

async function dropOutputs(recording: Recording, run: StoredRun): Promise<void> {
  if (run.output_count === 0) {
    return;
  }
  const { queries, clock, unwanted } = recording;
  const which = { outputsOf: run.job_id, runs: [run.number], keepsSnapshots: true };
  unwanted.push(...(await deleteFiles(queries, which, clock.now())));
  recording.outputBytes -= run.output_bytes;
}

async function followOptimization(
  recording: Recording,
  { job_id: id, number }: StoredRun,
  outcome: RunOutcome,
): Promise<number> {
  await writeChanges(recording);
  const { queries, definition, life } = recording;
  return followIteration(queries, { id, definition, state: life.state }, { number, outcome });
}

function toFile(cluster: LiveCluster, runNumber: number, output: KeptOutputs['outputs'][number]): NewFile {
  const { relativePath, sha512, sizeBytes, executable } = output;
  return {
    ownerId: cluster.owner_id,
    name: basename(relativePath),
    typeId: FILE_TYPE.output,
    sha512,
    sizeBytes,
    executable,
    dateModified: output.modifiedAt === null ? null : toInstant(output.modifiedAt),
    output: {
      jobId: cluster.job_id,
      runNumber,
      relativePath,
      isOfSweep: cluster.is_sweep === 1,
    },
  };
}

/** The time that is up for one run is up for all; and a policy may bound how many runs fail. */
async function endEarly(recording: Recording, outcome: RunOutcome, failure: Failure | null): Promise<void> {
  const { life, definition, queries, clock, cluster } = recording;
  const { state } = life;
  if (state.stop || state.phase === 'completed') {
    return;
  }
  if (outcome !== 'failed' && outcome !== 'walltime_exceeded') {
    return;
  }
  await writeChanges(recording);
  let ending: Ending = { outcome, failure };
  if (outcome === 'failed') {
    if (!(await isFailureLimit(queries, cluster.job_id, definition, state.runsFailed))) {
      return;
    }
    ending = { outcome, failure: tooManyFailures(definition, failure) };
  }
  const undelivered = await stopUndelivered(queries, clock, cluster.job_id, {
    outcome: outcome === 'failed' ? 'stopped' : outcome,
    failure: ending.failure,
  });
  life.apply({ type: 'stop_requested', kind: 'graceful', undelivered, ending });
}

async function addToJob({ queries, cluster, usage, outputBytes }: Recording): Promise<void> {
  if (usage === null && outputBytes === 0) {
    return;
  }
  const job = await queries
    .selectFrom('jobs')
    .where('id', '=', cluster.job_id)
    .select('usage')
    .executeTakeFirstOrThrow();
  const total = addUsage(job.usage === null ? null : (JSON.parse(job.usage) as RunUsage), usage);
  await queries
    .updateTable('jobs')
    .set((expression) => ({
      output_bytes: expression('output_bytes', '+', outputBytes),
      usage: total && JSON.stringify(total),
    }))
    .where('id', '=', cluster.job_id)
    .execute();
}

function isUnchecked({ jobanalyses }: StoredDefinition): boolean {
  return jobanalyses.some(({ flags }) => flags.igCv === true);
}
