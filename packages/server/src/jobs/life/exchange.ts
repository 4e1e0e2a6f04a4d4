/**
 * The server's side of the exchange with agents; `@quarry/contract` agent.ts states the protocol.
 *
 * Requests of one cluster are taken one after another up to the point where they wait, so an event is applied
 * once whatever is repeated. A request that waits is released by a newer one, by what its agent has to learn, or by its
 * time.
 */
import type { AgentEvent, ExchangeAnswer, ExchangeRequest, RunOutcome, UsageSample } from '@quarry/contract';
import type { Clock } from '../../clock.ts';
import type { Database } from '../../db/database.ts';
import { findCluster } from '../../db/queries/find-cluster.ts';
import { countGivenRuns, findStoppingRuns } from '../../db/queries/given-runs.ts';
import { findRunDirectories } from '../../db/queries/kept-directories.ts';
import { noteApplied } from '../../db/queries/write-clusters.ts';
import { LIMITS } from '../../limits.ts';
import { notFound } from '../../problems.ts';
import type { Definitions } from '../definition/definitions.ts';
import type { Assigner } from '../runs/assignment.ts';
import { fromRunId, toRunId } from '../runs/attempts.ts';
import type { Collector } from '../runs/collect.ts';
import { type Recorded, recordEvents } from '../runs/record-events.ts';
import { recordUsage } from '../runs/record-usage.ts';
import { AgentRequests } from './agent-requests.ts';
import type { Engine } from './engine.ts';
import { nextInOrder } from './in-order.ts';
import type { ClusterSite } from './new-cluster.ts';
import { readState } from './store.ts';
import { Turns } from './turns.ts';
import { WaitingAgents } from './waiting-agents.ts';

export interface ExchangesOptions {
  database: Database;
  clock: Clock;
  definitions: Definitions;
  engine: Engine;
  assigner: Assigner;
  collector: Collector;
  site: Pick<ClusterSite, 'lostRunDays'>;
  /** Called before outputs of runs are taken over; what it answers is disposed of when they are listed. */
  onEnding: (jobId: string, runNumbers: readonly number[]) => Disposable;
  /** Called with directories of runs in which nothing is left. */
  onDiscarded: (directories: readonly string[]) => void;
  /** Of the series of what runs use. */
  usageSampleSeconds: number;
  /** Called when such a series could not be written, which costs no more than a gap in it. */
  onUsageLost: (error: unknown) => void;
  /** Called with digests of stored outputs that no row points to. */
  onUnwanted: (digests: readonly string[]) => void;
}

/** An answer, with what tells whether the agent has enough to do. */
interface Considered {
  answer: ExchangeAnswer;
  jobId: string;
  runsLeft: number;
  slots: number;
}

/** How long an answer may be kept back, so that what happens meanwhile comes together. */
const GATHER_MS = 100;
/** So many runs for each slot are enough to go on with until then. */
const ENOUGH_RUNS_PER_SLOT = 2;

/** Talks with the agents of all clusters. */
export class Exchanges {
  readonly #options: ExchangesOptions;
  readonly #waiting = new WaitingAgents();
  /** What agents are asked for beside their runs. */
  readonly requests = new AgentRequests((clusterId) => this.#waiting.notify(clusterId));
  readonly #turns = new Turns();
  /** Runs that the agent of each cluster has got and not ended; it may have more. */
  readonly #given = new Map<string, number>();
  /** Runs that have ended since the start of this server, by what they came to. */
  readonly #ended = new Map<RunOutcome, number>();
  readonly #begunAt = performance.now();
  /** When the agent of each cluster was heard of last, by `performance.now()`. */
  readonly #heardAt = new Map<string, number>();

  constructor(options: ExchangesOptions) {
    this.#options = options;
    options.engine.onNotify((clusterId) => this.#waiting.notify(clusterId));
  }

  /** Answers an agent: at once what it must learn, else when there is something, or its time is over. */
  async exchange(clusterId: string, request: ExchangeRequest, signal: AbortSignal): Promise<ExchangeAnswer> {
    this.#heardAt.set(clusterId, performance.now());
    this.#waiting.supersede(clusterId);
    if (request.usage !== undefined && request.usage.length > 0) {
      await this.#takeUsage(clusterId, request.usage);
    }
    const answer =
      request.events.length > 0
        ? await this.#takeEvents(clusterId, request, signal)
        : await this.#waitForChange(clusterId, request, signal);
    return answer;
  }

  /** How long nothing has come from the agent of a cluster; since the start of this server at most. */
  silentMs(clusterId: string): number {
    return performance.now() - (this.#heardAt.get(clusterId) ?? this.#begunAt);
  }

  /** Applies events that came another way: from the journal of an agent that is gone. What it lacks will never come. */
  async applyEvents(clusterId: string, events: readonly AgentEvent[]): Promise<void> {
    this.#forget(clusterId);
    await this.#turns.take(clusterId, () => this.#apply(clusterId, events, { mayHaveGaps: true }));
    this.requests.end(clusterId);
  }

  /** Runs that living agents have got and not ended, and those that have ended since the start of this server. */
  counts(): { given: number; ended: ReadonlyMap<RunOutcome, number> } {
    return { given: this.#given.values().reduce((sum, count) => sum + count, 0), ended: this.#ended };
  }

  /** Lets every waiting agent go, for shutting down. */
  releaseAll(): void {
    this.#waiting.releaseAll();
    this.requests.endAll();
  }

  async #takeEvents(
    clusterId: string,
    request: ExchangeRequest,
    signal: AbortSignal,
  ): Promise<ExchangeAnswer> {
    let seen = this.#waiting.notified;
    const considered = await this.#turns.take(clusterId, async () => {
      await this.#apply(clusterId, request.events);
      seen = this.#waiting.notified;
      return this.#consider(clusterId, request);
    });
    if (seen === this.#waiting.notified) {
      await this.#gather(clusterId, considered, request, signal);
    }
    return seen === this.#waiting.notified ? considered.answer : this.#look(clusterId, request);
  }

  async #waitForChange(
    clusterId: string,
    request: ExchangeRequest,
    signal: AbortSignal,
  ): Promise<ExchangeAnswer> {
    const deadline = performance.now() + Math.min(request.waitSeconds, LIMITS.exchangeWaitSeconds) * 1000;
    let seen = this.#waiting.notified;
    let answer = await this.#look(clusterId, request);
    while (!saysSomething(answer, request) && performance.now() < deadline && !signal.aborted) {
      const isSuperseded =
        seen === this.#waiting.notified &&
        (await this.#waiting.wait(clusterId, deadline, signal)) === 'superseded';
      if (isSuperseded) {
        break;
      }
      seen = this.#waiting.notified;
      answer = await this.#look(clusterId, request);
    }
    this.#heardAt.set(clusterId, performance.now());
    return answer;
  }

  async #look(clusterId: string, request: ExchangeRequest): Promise<ExchangeAnswer> {
    return (await this.#turns.take(clusterId, () => this.#consider(clusterId, request))).answer;
  }

  /**
   * An agent sends what is new when this is answered. While it has enough to do, its answer is kept back a little:
   * then the ends of many short runs come together, and share a transaction and the waits for the disk. What it must
   * learn at once is told at once.
   */
  async #gather(
    clusterId: string,
    { answer, jobId, runsLeft, slots }: Considered,
    request: ExchangeRequest,
    signal: AbortSignal,
  ): Promise<void> {
    const { database } = this.#options;
    const ended = request.events.filter(({ type }) => type === 'run_finished').length;
    // Unknown of an agent that this process meets for the first time.
    const before =
      this.#given.get(clusterId) ?? (await countGivenRuns(database.read, jobId)) + ended - answer.runs.length;
    const left = Math.max(0, before - ended);
    if (answer.done) {
      this.#forget(clusterId);
      this.requests.end(clusterId);
    } else {
      this.#given.set(clusterId, left + answer.runs.length);
    }
    if (ended === 0 || saysMore(answer, request)) {
      return;
    }
    if (Math.min(left, runsLeft) < slots * ENOUGH_RUNS_PER_SLOT) {
      return;
    }
    await this.#waiting.wait(clusterId, performance.now() + GATHER_MS, signal);
  }

  async #consider(clusterId: string, request: ExchangeRequest): Promise<Considered> {
    const { database, assigner } = this.#options;
    const cluster = await findCluster(database.read, clusterId);
    if (!cluster) {
      throw notFound('This cluster has ended.');
    }
    const state = readState(cluster.state);
    const { batch, plan, runs } = await assigner.runsFor(cluster, state, request);
    const ended = state.phase === 'completed';
    const stopping = ended ? [] : await findStoppingRuns(database.read, cluster.job_id);
    const answer: ExchangeAnswer = {
      acknowledged: cluster.applied_event,
      batch,
      plan,
      runs,
      stop: ended ? null : state.stop === 'discard' ? 'force' : state.stop,
      discard: !ended && state.stop === 'discard',
      // As the agent names them.
      stopRuns: stopping.map(({ number, attempt }) => toRunId(number, attempt)),
      requests: ended ? [] : this.requests.of(clusterId, request.understands),
      done: ended,
    };
    const { job_id: jobId, slots_granted: granted, slots } = cluster;
    return { answer, jobId, runsLeft: state.runsLeft, slots: granted ?? slots };
  }

  async #apply(
    clusterId: string,
    events: readonly AgentEvent[],
    { mayHaveGaps = false } = {},
  ): Promise<void> {
    const { database, clock, definitions, collector, engine, site } = this.#options;
    const before = await findCluster(database.read, clusterId);
    if (!before) {
      throw notFound('This cluster has ended.');
    }
    const inOrder = nextInOrder(events, before.applied_event, mayHaveGaps);
    if (inOrder.length === 0) {
      return;
    }
    // Also of agents of before, which know of no such stop.
    const fresh = readState(before.state).stop === 'discard' ? inOrder.map(withLogOnly) : inOrder;
    // Taking over files is slow and safe to repeat, so it comes before the transaction that lists them.
    const definition = await definitions.of(before.job_id);
    const finished = fresh.filter((event) => event.type === 'run_finished');
    const elsewhere = finished.length > 0 ? await findRunDirectories(database.read, before.job_id) : null;
    using _ending = this.#options.onEnding(
      before.job_id,
      finished.flatMap(({ runId }) => fromRunId(runId)?.number ?? []),
    );
    const kept =
      before.shares_files === 1
        ? await collector.keep(
            finished,
            ({ runId }) => elsewhere?.get(fromRunId(runId)?.number ?? 0) ?? before.directory,
          )
        : await collector.keepDelivered(finished, clusterId);
    let recorded: Recorded;
    try {
      recorded = await database.write(
        async (queries) => {
          const { byEvent } = kept;
          const result = await recordEvents(queries, clock, before, definition, fresh, byEvent, site);
          await noteApplied(queries, clusterId, fresh.at(-1)!.seq);
          return result;
        },
        { mayUseReserve: true },
      );
      engine.perform([recorded.applied]);
      this.requests.settle(clusterId, fresh);
      for (const { outcome } of finished) {
        this.#ended.set(outcome, (this.#ended.get(outcome) ?? 0) + 1);
      }
    } finally {
      kept.release();
    }
    if (recorded.unwanted.length > 0) {
      this.#options.onUnwanted(recorded.unwanted);
    }
    if (recorded.discarded.length > 0) {
      this.#options.onDiscarded(recorded.discarded);
    }
  }

  /** Pictures, not accounts: what cannot be written, as on a full disk, must not hold up the events beside it. */
  async #takeUsage(clusterId: string, samples: readonly UsageSample[]): Promise<void> {
    const { database, usageSampleSeconds: resolutionSeconds, onUsageLost } = this.#options;
    const cluster = await findCluster(database.read, clusterId);
    if (cluster === undefined) {
      return;
    }
    const series = { jobId: cluster.job_id, resolutionSeconds: Math.max(1, resolutionSeconds) };
    await database.write((queries) => recordUsage(queries, series, samples)).catch(onUsageLost);
  }

  #forget(clusterId: string): void {
    this.#given.delete(clusterId);
    this.#heardAt.delete(clusterId);
  }
}

/** The log of a run among its outputs. */
const LOG_NAME = 'process_output.log';

/** Of a job that was shut down nothing is kept but the logs. */
function withLogOnly(event: AgentEvent): AgentEvent {
  if (event.type !== 'run_finished') {
    return event;
  }
  const outputs = event.outputs.filter(({ relativePath }) => relativePath === LOG_NAME);
  return { ...event, outputs, skipped: [], skippedCount: 0 };
}

/** Whether an answer tells its agent anything that it does not know. */
function saysSomething(answer: ExchangeAnswer, request: ExchangeRequest): boolean {
  return answer.runs.length > 0 || saysMore(answer, request);
}

/** The same but for runs. */
function saysMore(answer: ExchangeAnswer, request: ExchangeRequest): boolean {
  return (
    answer.done ||
    answer.stopRuns.length > 0 ||
    answer.stop !== request.knownStop ||
    (answer.discard === true && request.knowsDiscard === false) ||
    answer.requests!.some(({ id }) => !request.knownRequests.includes(id))
  );
}
