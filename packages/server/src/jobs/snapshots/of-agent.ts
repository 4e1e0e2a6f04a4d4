/** Snapshots of runs whose agents share no disk with this server: the agent takes them, and they are fetched from there. */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  SnapshotError,
  type SnapshotLimits,
  type TakenSnapshot,
} from '@quarry/agent/snapshots/take-snapshot';
import type { AgentAnswer, FileRequest, Wanted } from '@quarry/contract';
import { LIMITS } from '../../limits.ts';
import type { Logger } from '../../logger.ts';
import { Problem } from '../../problems.ts';
import type { HeldBlob, Storage } from '../../storage/storage.ts';
import type { AgentRequests, FileAnswer } from '../life/agent-requests.ts';

/** What of a snapshot becomes its row. */
export type SnapshotFacts = Omit<TakenSnapshot, 'stamp' | 'spanMs'>;

export interface AskedSnapshot {
  clusterId: string;
  /** As the agent knows the run. */
  runId: string;
  snapshotId: string;
}

/** How long an agent may wait with its answer while it takes the snapshot. */
const WAIT_MS = 5_000;
/** Stretches of an archive that are under way at the same time. */
const STRETCHES_AT_ONCE = 4;
/** Between two tries while the agent is silent. */
const RETRY_MS = 1_000;

type Asking = Pick<AgentRequests, 'askOfFiles'>;

/** Ends the asking. */
export interface AskingEnds {
  signal: AbortSignal;
  /** Whether the run has ended, so that an agent which is silent will say nothing any more. */
  hasRunEnded: () => Promise<boolean>;
}

/** Has a snapshot taken by the agent of its run; rejects with a SnapshotError, or with the signal's reason. */
export async function takeByAgent(
  agents: Asking,
  { clusterId, runId, snapshotId }: AskedSnapshot,
  order: { globs: string[] | null; limits: SnapshotLimits },
  ends: AskingEnds,
): Promise<SnapshotFacts> {
  for (;;) {
    const { head } = await askAgain(
      agents,
      clusterId,
      { kind: 'take_snapshot', runId, snapshotId, ...order, waitMs: WAIT_MS },
      ends,
    );
    if (head.kind === 'refused') {
      throw new SnapshotError('agent_error', `The agent of this run could not make it: ${head.words}.`);
    }
    const { taken, failure } = head as Extract<AgentAnswer, { kind: 'take_snapshot' }>;
    if (failure !== null) {
      throw new SnapshotError(codeOf(failure.code), failure.message);
    }
    if (taken !== null) {
      return taken;
    }
  }
}

/** Fetches the archive of a snapshot into the store; the caller releases it. Rejects as `takeByAgent`. */
export async function fetchSnapshot(
  { agents, storage }: { agents: Asking; storage: Storage },
  asked: AskedSnapshot,
  { sha512, sizeBytes }: SnapshotFacts,
  ends: AskingEnds,
): Promise<HeldBlob> {
  const source = readArchive(agents, asked, sizeBytes, ends);
  const { signal } = ends;
  const held = await storage.receive(source, { signal, maxBytes: sizeBytes, expectedBytes: sizeBytes });
  if (held.sha512 === sha512) {
    return held;
  }
  held.release();
  throw new SnapshotError('agent_error', 'What arrived of it is not what its agent has made.');
}

/** Tells the agent that a snapshot is wanted no more; one that does not hear it drops it by itself. */
export async function dropSnapshot(
  { agents, logger }: { agents: Asking; logger: Logger },
  { clusterId, runId, snapshotId }: AskedSnapshot,
): Promise<void> {
  try {
    await agents.askOfFiles(clusterId, { kind: 'drop_snapshot', runId, snapshotId });
  } catch (error) {
    logger.debug(
      { err: error, snapshot: snapshotId },
      'an agent was not told that a snapshot is wanted no more',
    );
  }
}

/** The bytes of an archive in order, the next stretches being under way while one is taken in. */
async function* readArchive(
  agents: Asking,
  { clusterId, runId, snapshotId }: AskedSnapshot,
  sizeBytes: number,
  ends: AskingEnds,
): AsyncGenerator<Uint8Array> {
  const underWay: Promise<Uint8Array>[] = [];
  const bytesOf = async (position: number): Promise<Uint8Array> => {
    const bytes = Math.min(LIMITS.agentReadBytes, sizeBytes - position);
    const wanted = { kind: 'read_snapshot', runId, snapshotId, position, bytes } as const;
    const answer = await askAgain(agents, clusterId, wanted, ends);
    if (answer.bytes.length !== bytes) {
      throw new SnapshotError('agent_error', 'The agent of this run has not all of it any more.');
    }
    return answer.bytes;
  };
  for (let asked = 0; asked < sizeBytes || underWay.length > 0; ) {
    while (asked < sizeBytes && underWay.length < STRETCHES_AT_ONCE) {
      const stretch = bytesOf(asked);
      // Those that nobody gets to any more fail unheard.
      stretch.catch(() => undefined);
      underWay.push(stretch);
      asked += Math.min(LIMITS.agentReadBytes, sizeBytes - asked);
    }
    yield await underWay.shift()!;
  }
}

/** Asks again while the agent is silent, for a while. */
async function askAgain(
  agents: Asking,
  clusterId: string,
  wanted: Wanted<FileRequest>,
  { signal, hasRunEnded }: AskingEnds,
): Promise<FileAnswer> {
  const giveUpAt = performance.now() + LIMITS.snapshotSilentSeconds * 1000;
  for (;;) {
    signal.throwIfAborted();
    try {
      return await agents.askOfFiles(clusterId, wanted);
    } catch (error) {
      if (!(error instanceof Problem)) {
        throw error;
      }
      const isTransient = error.kind === 'busy' || error.kind === 'too_many';
      if (!isTransient || performance.now() > giveUpAt) {
        throw toSnapshotError(error);
      }
      if (await hasRunEnded()) {
        throw runOver();
      }
      await sleep(RETRY_MS);
    }
  }
}

function toSnapshotError(problem: Problem): SnapshotError {
  if (problem.code === 'cluster_ended') {
    return runOver();
  }
  return new SnapshotError('agent_error', problem.detail ?? 'The agent of this run did not answer.', {
    cause: problem,
  });
}

export function runOver(): SnapshotError {
  return new SnapshotError('run_over', 'The run ended before the snapshot was complete.');
}

function codeOf(code: string): SnapshotError['code'] {
  return code === 'storage_full' || code === 'too_many_entries' || code === 'run_over' ? code : 'agent_error';
}
