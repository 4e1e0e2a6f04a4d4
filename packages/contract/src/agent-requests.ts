/**
 * What the agent of a cluster is asked for beside executing and stopping runs. Requests come down with the answers of the
 * exchange (agent.ts). A signal is answered by an event. What only reads is answered at an endpoint of its own, without the
 * journal: whoever lost the answer asks again.
 */
import { z } from 'zod';
import { endpoint } from './endpoint.ts';

/** What an agent can be asked to do, as it says itself. */
export const AGENT_REQUESTS = [
  'signal',
  'phase',
  'list',
  'look',
  'read',
  'take_snapshot',
  'read_snapshot',
  'drop_snapshot',
] as const;
export type AgentRequestKind = (typeof AGENT_REQUESTS)[number];

interface OfRun {
  /** New for each request. */
  id: string;
  /** As the agent knows the run. */
  runId: string;
}

/** Something that an agent is to do once, and to answer by `run_signalled`. */
export interface SignalRequest extends OfRun {
  kind: 'signal';
  /** Name of the signal, such as `SIGUSR1`. */
  signal: string;
}

/** Whether the commands of a run are over. */
export interface PhaseRequest extends OfRun {
  kind: 'phase';
}

/** What lies in the work directory of a run. */
export interface ListRequest extends OfRun {
  kind: 'list';
  /** How much may come: entries of any kind, files among them, and bytes of all paths together. */
  bounds: { entries: number; files: number; pathBytes: number };
}

/** How far a file has come. */
export interface LookRequest extends OfRun {
  kind: 'look';
  /** Relative to the work directory. */
  path: string;
  /** The file that is meant, also when it has its name no more; null: whichever has the name. */
  identity: string | null;
  /** What is known of it: the answer comes when there is something else, or after so many milliseconds. */
  after: { sizeBytes: number; stamp: string; waitMs: number } | null;
}

/** Bytes of a file. */
export interface ReadRequest extends OfRun {
  kind: 'read';
  path: string;
  identity: string;
  position: number;
  /** Fewer come only where the file ends. */
  bytes: number;
}

/** A snapshot of the work directory of a run, as an archive that stays with the agent until it is dropped. */
export interface TakeSnapshotRequest extends OfRun {
  kind: 'take_snapshot';
  /** Asked for under this id again it is the same one. */
  snapshotId: string;
  /** Which files; null for everything. */
  globs: string[] | null;
  limits: { entries: number; fileBytes: number; spareBytes: number };
  /** The answer comes when it is taken, or after so many milliseconds. */
  waitMs: number;
}

/** Bytes of the archive of a snapshot. */
export interface ReadSnapshotRequest extends OfRun {
  kind: 'read_snapshot';
  snapshotId: string;
  position: number;
  bytes: number;
}

/** The archive is wanted no more. */
export interface DropSnapshotRequest extends OfRun {
  kind: 'drop_snapshot';
  snapshotId: string;
}

export type FileRequest =
  | PhaseRequest
  | ListRequest
  | LookRequest
  | ReadRequest
  | TakeSnapshotRequest
  | ReadSnapshotRequest
  | DropSnapshotRequest;
export type AgentRequest = SignalRequest | FileRequest;

/** A request without its id. */
export type Wanted<Request extends AgentRequest> = Request extends AgentRequest ? Omit<Request, 'id'> : never;

/** How far a file has come; all but the size is compared only. */
export const agentFileLook = z.object({
  sizeBytes: z.int().nonnegative(),
  /** Another one when the content may have changed. */
  stamp: z.string().max(200),
  /** Another one when it is another file. */
  identity: z.string().max(200),
});

/** The first line of an answer; behind it are the bytes that were read. */
export const agentAnswer = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('phase'), areCommandsOver: z.boolean() }),
  z.object({
    kind: z.literal('list'),
    isWhole: z.boolean(),
    entries: z.array(
      z.object({
        path: z.string(),
        type: z.enum(['file', 'directory', 'link', 'other']),
        sizeBytes: z.int().nonnegative(),
        modifiedAt: z.iso.datetime(),
      }),
    ),
  }),
  z.object({
    kind: z.literal('look'),
    /** Where it is, links followed, as commands know it. */
    path: z.string(),
    look: agentFileLook,
  }),
  z.object({
    kind: z.literal('read'),
    /** Whether the file ends behind them, as it was when they were read. */
    isEnd: z.boolean(),
  }),
  z.object({
    kind: z.literal('take_snapshot'),
    /** Null while it is taken, and where it could not be. */
    taken: z
      .object({
        sha512: z.string().regex(/^[0-9a-f]{128}$/),
        sizeBytes: z.int().nonnegative(),
        fileCount: z.int().nonnegative(),
        /** Files that changed while they were copied, the first of them. */
        changed: z.array(z.string()),
        changedCount: z.int().nonnegative(),
        /** What could not be taken, the first of it. */
        skipped: z.array(z.object({ relativePath: z.string(), reason: z.string() })),
        skippedCount: z.int().nonnegative(),
        isCloned: z.boolean(),
      })
      .nullable(),
    /** Why it could not be taken. */
    failure: z.object({ code: z.string(), message: z.string().max(1000) }).nullable(),
  }),
  z.object({ kind: z.literal('read_snapshot'), isEnd: z.boolean() }),
  z.object({ kind: z.literal('drop_snapshot') }),
  z.object({
    kind: z.literal('refused'),
    /** `replaced`: the file that is meant is there no more. `failed`: the system did not let the agent. */
    reason: z.enum(['missing', 'not_a_file', 'replaced', 'too_many_open_files', 'failed']),
    /** What the system said; null where that goes without saying. */
    words: z.string().max(1000).nullable(),
  }),
]);
export type AgentAnswer = z.output<typeof agentAnswer>;
export type AgentFileLook = z.output<typeof agentFileLook>;

export const answerAgentRequest = endpoint({
  method: 'POST',
  path: '/api/agent/clusters/:clusterId/requests/:requestId/answer/',
  summary: 'Answer of an agent to a request',
  description:
    'For requests that only read files of runs, which come down with the exchange. The first line of the body is JSON that says what it is; the bytes of a file follow. An answer that nobody waits for any more is dropped.',
  tag: 'Agent',
  access: 'agent',
  extension: true,
  params: z.object({
    /** Id of the cluster. */
    clusterId: z.string(),
    /** Id of the request. */
    requestId: z.string(),
  }),
  bodyKind: 'bytes',
  status: 204,
});
