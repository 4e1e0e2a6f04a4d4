/**
 * The exchange between the server and the agent of a cluster.
 *
 * The agent holds one long-poll request: its new events travel up, desired state comes down. Events are
 * numbered from 1 and journaled before they are sent; the server applies each number once and answers with
 * the highest number it has made durable, so any request may be repeated. Runs come in numbered batches; the
 * agent names the last batch it got, and a batch whose answer was lost is sent again. A newer exchange of the
 * same cluster releases the one before it at once, so an agent with news never waits for a poll to end.
 *
 * Requests, such as a signal for a run, come down with ids and are repeated in every answer until they are answered or
 * nobody waits any more; the agent names those that it knows, and does each once. What has an effect is answered by an
 * event, and so survives both sides (decisions/024); what only reads has answers of its own (agent-requests.ts).
 */
import { z } from 'zod';
import type { AgentRequest } from './agent-requests.ts';
import { endpoint } from './endpoint.ts';
import type { PlannedRun, RunPlan } from './run-plan.ts';

/** Why something did not end well; `code` is stable, the rest is for people. */
export const failure = z
  .object({
    /** Stable name of the reason, such as `command_failed`. */
    code: z.string(),
    /** The reason for people. */
    message: z.string(),
    /** What to do about it. */
    hint: z.string(),
  })
  .meta({ id: 'Failure' });
export type Failure = z.output<typeof failure>;

/** How a job or run ended. */
export const runOutcome = z
  .enum(['success', 'failed', 'stopped', 'walltime_exceeded'])
  .meta({ id: 'JobOutcome' });
export type RunOutcome = z.output<typeof runOutcome>;

/** Something that a run left and that could not be kept. */
export const skippedOutput = z
  .strictObject({
    /** Path relative to the work directory; empty for the work directory itself. */
    relativePath: z.string(),
    /** Why it could not be kept, in words. */
    reason: z.string(),
  })
  .meta({ id: 'SkippedOutput' });
export type SkippedOutput = z.output<typeof skippedOutput>;

/** How far the outputs of a run that has ended are collected. */
export const collectProgress = z
  .strictObject({
    /** Files that are collected. */
    files: z.int().nonnegative(),
    /** Files that there are. */
    totalFiles: z.int().nonnegative(),
    /** Bytes that are collected. */
    bytes: z.int().nonnegative(),
    /** Bytes that there are. */
    totalBytes: z.int().nonnegative(),
  })
  .meta({ id: 'CollectProgress' });
export type CollectProgress = z.output<typeof collectProgress>;

/** A file that a run made or changed, hashed where it lies. */
export const runOutput = z.object({
  /** Path relative to the work directory, with forward slashes. */
  relativePath: z.string(),
  /** Absolute path on the cluster's file system, no part of it a link, ready to be taken over by rename. */
  path: z.string(),
  /** Size in bytes. */
  sizeBytes: z.int().nonnegative(),
  /** SHA-512 of its bytes in lowercase hexadecimal. */
  sha512: z.string(),
  /** Whether it may be executed. */
  executable: z.boolean(),
  /** When its content changed last. */
  modifiedAt: z.iso.datetime().nullable().default(null),
  /** The file as it was hashed, by size, times and inode: one that has changed since is not taken over. */
  stamp: z.string().nullable().default(null),
});
export type RunOutput = z.output<typeof runOutput>;

/** What a run used, all its commands together; null where the host does not tell. */
export const runUsage = z
  .strictObject({
    /** Seconds from beginning to end. */
    wallSeconds: z.number().nonnegative(),
    /** User and system time of all processes, in seconds. */
    cpuSeconds: z.number().nonnegative().nullable(),
    /** Resident memory of all processes together at its highest, in bytes; sampled. */
    peakMemoryBytes: z.int().nonnegative().nullable(),
    /** Bytes read from storage, caches not counted. */
    readBytes: z.int().nonnegative().nullable(),
    /** Bytes written to storage, caches not counted. */
    writtenBytes: z.int().nonnegative().nullable(),
  })
  .meta({ id: 'RunUsage' });
export type RunUsage = z.output<typeof runUsage>;

/** Who sees to it that a run stays within its memory. */
export const memoryControl = z.enum(['cgroup-v1', 'cgroup-v2', 'watched', 'none']);
export type MemoryControl = z.output<typeof memoryControl>;

/** Where a cluster lets people log in by SSH. */
export const sshAddress = z.object({
  /** Host name or address. */
  host: z.string(),
  /** TCP port. */
  port: z.int(),
  /** The user to log in as, who is whom the commands run as. */
  username: z.string(),
  /** Public key of the cluster, as in `known_hosts`. */
  hostKey: z.string(),
});
export type SshAddress = z.output<typeof sshAddress>;

/*
 * Agents outlive the server, so one may speak the words of the version before: what was added to an event since has
 * a default.
 */
const numbered = {
  /** Number of the event, from 1. */
  seq: z.int().positive(),
  /** When, by the wall clock, which may be set while a run goes on. */
  at: z.iso.datetime(),
  /**
   * When, by the host's monotonic clock, in milliseconds: durations are between these, of events of the same boot. It stands
   * still while the host is suspended.
   */
  monotonicMs: z.number().nonnegative().optional(),
};

/** What an event about one run has as well. */
const ofRun = {
  ...numbered,
  /** Number of the run in its job. */
  runId: z.string(),
};

export const agentEvent = z.discriminatedUnion('type', [
  z.object({
    ...numbered,
    /** The agent is at work. */
    type: z.literal('agent_started'),
    /** Process number of the agent. */
    pid: z.int(),
    /** Name of its host. */
    hostname: z.string(),
    /** What commands are kept in. */
    sandbox: z.enum(['bubblewrap', 'none']),
    /** Id of the host's boot, new with each one: what the monotonic clock says counts until the next. */
    bootId: z.string().nullable().optional(),
    /** Who bounds the memory of runs: Linux by cgroups, or the agent by looking; `none` where runs have as much as there is. */
    memoryControl: memoryControl.optional(),
    /** Where people log in by SSH; null or absent where they cannot. */
    ssh: sshAddress.nullable().optional(),
    /** Why they cannot, where they should be able to. */
    sshProblem: z.string().nullable().optional(),
  }),
  z.object({
    ...ofRun,
    /** Its first command is about to be started. */
    type: z.literal('run_started'),
    /** Absolute path of the directory that its commands work in. */
    workDirectory: z.string(),
  }),
  z.object({
    ...ofRun,
    /** The command of a tile has ended. */
    type: z.literal('tile_exited'),
    /** Place of the tile in the job, from 0. */
    tile: z.int().nonnegative(),
    /** Its exit code; null after a signal. */
    exitCode: z.int().nullable(),
    /** Name of the signal that ended it; null without one. */
    signal: z.string().nullable(),
  }),
  z.object({
    ...ofRun,
    /** Its commands have ended and its outputs are being hashed; told now and then. */
    type: z.literal('run_collecting'),
    /** How far that has come. */
    progress: collectProgress,
  }),
  z.object({
    ...ofRun,
    /** It has ended and its outputs are ready to be taken over. */
    type: z.literal('run_finished'),
    /** How it ended. */
    outcome: runOutcome,
    /** Exit code of its last command; null where there is none, as after a signal. */
    exitCode: z.int().nullable(),
    /** Why it ended otherwise than in success; null after success. */
    failure: failure.nullable(),
    /** What it made or changed. */
    outputs: z.array(runOutput),
    /** What the post-process scripts printed as `name<TAB>value`. */
    variables: z
      .array(
        z.object({
          /** Name of the variable. */
          name: z.string(),
          /** Its value. */
          value: z.number(),
        }),
      )
      .default([]),
    /** What it used; null when nobody has measured. */
    usage: runUsage.nullable().default(null),
    /** What lay in the work directory but could not be kept, each with its reason. */
    skipped: z.array(
      z.object({
        /** Path relative to the work directory; empty for the work directory itself. */
        relativePath: z.string(),
        /** Why it could not be kept, in words. */
        reason: z.string(),
      }),
    ),
    /** How much that is; more than is listed. Null: what is listed is all, or says how much is not. */
    skippedCount: z.int().nonnegative().nullable().default(null),
    /**
     * Whether the run was cut off by the end of its agent: outputs are copies of what it had left until then, and its
     * directory is as it was.
     */
    unfinished: z.boolean().default(false),
    /** What that directory takes on the disk, in bytes; null when nobody has looked. */
    directoryBytes: z.int().nonnegative().nullable().default(null),
    /** Whether outputs that could be kept nowhere else lie in the directory of the cluster, however the run ended. */
    holdsOutputs: z.boolean().default(false),
  }),
  z.object({
    ...ofRun,
    /** The processes of its command were sent a signal, or why they were not. */
    type: z.literal('run_signalled'),
    /** Id of the request. */
    requestId: z.string(),
    /** Name of the signal. */
    signal: z.string(),
    /** How many processes it was sent to. */
    processes: z.int().nonnegative(),
    /** Why it was sent to none; null when it was sent. */
    refusal: z.enum(['no_command', 'not_handled', 'unknown_signal']).nullable(),
  }),
  z.object({
    ...numbered,
    /** Somebody has logged in by SSH, or was not let in; what is the same within some minutes is told once more, as a number. */
    type: z.literal('ssh_login'),
    /** Why not: no key of theirs is let in, there is no such user, it was from no network that is let in, or there were too many. Null: they are in. */
    refusal: z.enum(['key', 'user', 'network', 'too_many']).nullable(),
    /** SHA-256 of the key, as `ssh-keygen -l` shows it: the last one that was tried; null without one. */
    fingerprint: z.string().nullable(),
    /** Address that it came from; null for several. */
    from: z.string().nullable(),
    /** How often, since it was told last. */
    times: z.int().positive(),
  }),
  z.object({
    ...numbered,
    /** Last words: the agent leaves after this is acknowledged. */
    type: z.literal('agent_stopped'),
  }),
]);
export type AgentEvent = z.output<typeof agentEvent>;

export interface ExchangeAnswer {
  /** Highest event number that is durable on the server. */
  acknowledged: number;
  /** Number of the newest batch sent so far. */
  batch: number;
  /** Null when there are no runs. */
  plan: RunPlan | null;
  runs: PlannedRun[];
  /** Ids of runs to stop, repeated in every answer until they have ended. */
  stopRuns: string[];
  /** What is yet to be answered, repeated in every answer; only what the agent understands. Absent from earlier servers. */
  requests?: AgentRequest[];
  /** Desired state, repeated in every answer. `graceful` is SIGTERM, then SIGKILL after the grace time. */
  stop: 'graceful' | 'force' | null;
  /** Of a stop: nothing that the runs have written is wanted, but for their logs. Absent of servers of before. */
  discard?: boolean;
  /** True when there will be no more runs: the agent says `agent_stopped` and leaves. */
  done: boolean;
}

/** What a run uses at a moment, all its processes together. */
export const usageSample = z.object({
  /** Number of the run in its job, as in events. */
  runId: z.string(),
  /** When, by the wall clock. */
  at: z.iso.datetime(),
  /** Seconds since the run was started, by the monotonic clock. */
  elapsedSeconds: z.number().nonnegative(),
  /** User and system time since the run was started, in seconds; null where the host does not tell. */
  cpuSeconds: z.number().nonnegative().nullable(),
  /** Resident memory, in bytes. */
  memoryBytes: z.int().nonnegative().nullable(),
  /** What the work directory takes on the disk, in bytes, when it was looked at last; null before. */
  diskBytes: z.int().nonnegative().nullable(),
});
export type UsageSample = z.output<typeof usageSample>;

/** Samples that one exchange may carry. */
export const MAX_USAGE_SAMPLES = 10_000;

export const exchangeRequest = z.object({
  /** What has happened since the last one that is acknowledged, in order. */
  events: z.array(agentEvent),
  /** Last batch received; 0 before the first. */
  lastBatch: z.int().nonnegative(),
  /** How many further runs the agent can take. */
  wantRuns: z.int().nonnegative(),
  /** The stop the agent already knows, so that only news ends the poll early. */
  knownStop: z.enum(['graceful', 'force']).nullable(),
  /** Whether the agent knows that outputs are not wanted; agents of earlier versions do not say, and are not waited for. */
  knowsDiscard: z.boolean().optional(),
  /** Kinds of requests that the agent understands; none of an agent of an earlier version. */
  understands: z.array(z.string()).default([]),
  /** Ids of the requests that it has got and that were not answered when it was told of them last. */
  knownRequests: z.array(z.string()).default([]),
  /** Seconds the server may hold the request while there is nothing new. */
  waitSeconds: z.number().min(0).max(60),
  /** What runs use, since the last one that was answered; agents of earlier versions send none. Not journaled: it may be lost. */
  usage: z.array(usageSample).max(MAX_USAGE_SAMPLES).optional(),
});
export type ExchangeRequest = z.output<typeof exchangeRequest>;

export const exchange = endpoint({
  method: 'POST',
  path: '/api/agent/clusters/:clusterId/exchange/',
  summary: 'Events of an agent up, desired state down',
  description:
    'Every event is sent until it is acknowledged, and applied once. The answer says what the cluster is to do; it comes at once when there is news, else after `waitSeconds`.',
  tag: 'Agent',
  access: 'agent',
  extension: true,
  params: z.object({
    /** Id of the cluster. */
    clusterId: z.string(),
  }),
  body: exchangeRequest,
  status: 200,
});
