/**
 * The server's side of the exchange with agents; `@quarry/contract` agent.ts states the protocol.
 *
 * Requests of one cluster are taken one after another up to the point where they wait, so an event is applied
 * once whatever is repeated. A request that waits is released by a newer one, by news, or by its time.
 */
import {
  type AgentEvent,
  type ExchangeAnswer,
  type ExchangeRequest,
  RUN_TYPE,
  type RunOutcome,
} from '@quarry/contract';
import { sql } from 'kysely';
import type { Clock } from '../clock.ts';
import type { Database } from '../db/database.ts';
import { prepared } from '../db/prepared.ts';
import { findCluster } from '../db/queries/find-cluster.ts';
import { findRunDirectories } from '../db/queries/kept-directories.ts';
import { notFound } from '../errors.ts';
import { LIMITS } from '../limits.ts';
import type { Definitions } from './definition/definitions.ts';
import type { Engine } from './engine.ts';
import type { ClusterSite } from './new-cluster.ts';
import type { Assigner } from './runs/assignment.ts';
import { fromRunId, toRunId } from './runs/attempts.ts';
import type { Collector } from './runs/collect.ts';
import { type Recorded, recordEvents } from './runs/record-events.ts';
import { readState } from './store.ts';

export interface Exchanges {
  exchange(clusterId: string, request: ExchangeRequest, signal: AbortSignal): Promise<ExchangeAnswer>;
  /** How long nothing has come from the agent of a cluster; since the start of this server at most. */
  silentMs(clusterId: string): number;
  /** Applies events that came another way: from the journal of an agent that is gone. What it lacks will never come. */
  applyEvents(clusterId: string, events: readonly AgentEvent[]): Promise<void>;
  /** Runs that living agents have got and not ended, and those that have ended since the start of this server. */
  counts(): { given: number; ended: ReadonlyMap<RunOutcome, number> };
  /** Lets every waiting agent go, for shutting down. */
  releaseAll(): void;
}

/**
 * The events behind number `applied`, each once. What an agent sends after a gap it sends again, with what was missing;
 * nobody fills a gap in the journal of one that is gone, such as a full disk may leave.
 */
function nextInOrder(events: readonly AgentEvent[], applied: number, mayHaveGaps: boolean): AgentEvent[] {
  const fresh: AgentEvent[] = [];
  let last = applied;
  for (const event of events.toSorted((a, b) => a.seq - b.seq)) {
    if (event.seq <= last || (event.seq > last + 1 && !mayHaveGaps)) continue;
    fresh.push(event);
    last = event.seq;
  }
  return fresh;
}

const findStopping = prepared(['jobId'], (queries, { jobId }) =>
  queries
    .selectFrom('runs')
    .where('job_id', '=', jobId)
    // Literally, not as parameters: so they are the conditions of the index over these runs.
    .where('stop_requested', '=', sql.lit(1))
    .where('outcome', 'is', null)
    // A stop of the optimization is for whoever plans its iterations.
    .where('type', '!=', RUN_TYPE.optimization)
    .select(['number', 'attempt']),
);

/** An answer, with what tells whether the agent has enough to do. */
interface Considered {
  answer: ExchangeAnswer;
  jobId: string;
  runsLeft: number;
  slots: number;
}

/** Why a request that waited waits no more. */
type Woken = 'news' | 'superseded' | 'time';

/** How long an answer may be kept back, so that what happens meanwhile comes together. */
const GATHER_MS = 100;
/** So many runs for each slot are enough to go on with until then. */
const ENOUGH_RUNS_PER_SLOT = 2;

export function createExchanges(options: {
  database: Database;
  clock: Clock;
  definitions: Definitions;
  engine: Engine;
  assigner: Assigner;
  collector: Collector;
  site: Pick<ClusterSite, 'lostRunDays'>;
  /** Called with directories of runs in which nothing is left. */
  onDiscarded: (directories: readonly string[]) => void;
  /** Called with digests of stored outputs that no row points to. */
  onUnwanted: (digests: readonly string[]) => void;
}): Exchanges {
  const { database, clock, definitions, engine, assigner, collector } = options;
  const waiting = new Map<string, (why: Woken) => void>();
  const turns = new Map<string, Promise<unknown>>();
  /** Runs that the agent of each cluster has got and not ended; it may have more. */
  const given = new Map<string, number>();
  const ended = new Map<RunOutcome, number>();
  const begunAt = performance.now();
  /** When the agent of each cluster was heard of last, by `performance.now()`. */
  const heardAt = new Map<string, number>();
  function forget(clusterId: string): void {
    given.delete(clusterId);
    heardAt.delete(clusterId);
  }
  /** Counts what agents were to learn, so that news between a look and the wait after it is not missed. */
  let news = 0;
  engine.onNotify((clusterId) => {
    news++;
    waiting.get(clusterId)?.('news');
  });

  /** Runs `work` after whatever was asked before for the same cluster. */
  function inTurn<Result>(clusterId: string, work: () => Promise<Result>): Promise<Result> {
    const turn = (turns.get(clusterId) ?? Promise.resolve()).then(work, work);
    turns.set(clusterId, turn);
    const end = () => {
      if (turns.get(clusterId) === turn) turns.delete(clusterId);
    };
    turn.then(end, end);
    return turn;
  }

  /**
   * An agent sends what is new when this is answered. While it has enough to do, its answer is kept back a little:
   * then the ends of many short runs come together, and share a transaction and the waits for the disk. What it must
   * learn at once is told at once.
   */
  async function gather(
    clusterId: string,
    { answer, jobId, runsLeft, slots }: Considered,
    request: ExchangeRequest,
    signal: AbortSignal,
  ): Promise<void> {
    const ended = request.events.filter(({ type }) => type === 'run_finished').length;
    const before = given.get(clusterId) ?? (await countGiven(jobId)) + ended - answer.runs.length;
    const left = Math.max(0, before - ended);
    if (answer.done) forget(clusterId);
    else given.set(clusterId, left + answer.runs.length);
    if (ended === 0 || answer.done || answer.stop !== request.knownStop || answer.stopRuns.length > 0) return;
    if (Math.min(left, runsLeft) < slots * ENOUGH_RUNS_PER_SLOT) return;
    await wait(clusterId, performance.now() + GATHER_MS, signal);
  }

  async function answerNow(clusterId: string, request: ExchangeRequest): Promise<Considered> {
    const cluster = await findCluster(database.read, clusterId);
    if (!cluster) throw notFound('This cluster has ended.');
    const state = readState(cluster.state);
    const { batch, plan, runs } = await assigner.runsFor(cluster, state, request);
    const ended = state.phase === 'completed';
    const answer: ExchangeAnswer = {
      acknowledged: cluster.applied_event,
      batch,
      plan,
      runs,
      stop: ended ? null : state.stop,
      stopRuns: ended ? [] : await findStoppingRuns(cluster.job_id),
      done: ended,
    };
    const { job_id: jobId, slots_granted: granted, slots } = cluster;
    return { answer, jobId, runsLeft: state.runsLeft, slots: granted ?? slots };
  }

  /** For an agent that this process meets for the first time. */
  async function countGiven(jobId: string): Promise<number> {
    const { count } = await database.read
      .selectFrom('runs')
      .where('job_id', '=', jobId)
      .where('batch', '>', 0)
      .where('outcome', 'is', null)
      .select(({ fn }) => fn.countAll<number>().as('count'))
      .executeTakeFirstOrThrow();
    return count;
  }

  /** Runs that somebody wants to stop alone, as the agent names them. */
  async function findStoppingRuns(jobId: string): Promise<string[]> {
    const runs = await findStopping(database.read, { jobId });
    return runs.map(({ number, attempt }) => toRunId(number, attempt));
  }

  async function applyEvents(
    clusterId: string,
    events: readonly AgentEvent[],
    { mayHaveGaps = false } = {},
  ): Promise<void> {
    const before = await findCluster(database.read, clusterId);
    if (!before) throw notFound('This cluster has ended.');
    const fresh = nextInOrder(events, before.applied_event, mayHaveGaps);
    if (fresh.length === 0) return;
    // Taking over files is slow and safe to repeat, so it comes before the transaction that lists them.
    const definition = await definitions.of(before.job_id);
    const finished = fresh.filter((event) => event.type === 'run_finished');
    const elsewhere = finished.length > 0 ? await findRunDirectories(database.read, before.job_id) : null;
    const kept = await collector.keep(
      finished,
      ({ runId }) => elsewhere?.get(fromRunId(runId)?.number ?? 0) ?? before.directory,
    );
    let recorded: Recorded;
    try {
      recorded = await database.write(
        async (queries) => {
          const { byEvent } = kept;
          const result = await recordEvents(queries, clock, before, definition, fresh, byEvent, options.site);
          await queries
            .updateTable('clusters')
            .set({ applied_event: fresh.at(-1)!.seq })
            .where('id', '=', clusterId)
            .execute();
          return result;
        },
        { mayUseReserve: true },
      );
      engine.perform([recorded.applied]);
      for (const { outcome } of finished) ended.set(outcome, (ended.get(outcome) ?? 0) + 1);
    } finally {
      kept.release();
    }
    if (recorded.unwanted.length > 0) options.onUnwanted(recorded.unwanted);
    if (recorded.discarded.length > 0) options.onDiscarded(recorded.discarded);
  }

  return {
    async exchange(clusterId, request, signal) {
      heardAt.set(clusterId, performance.now());
      waiting.get(clusterId)?.('superseded');
      const deadline = performance.now() + Math.min(request.waitSeconds, LIMITS.exchangeWaitSeconds) * 1000;
      let seenNews = news;
      const look = async () => (await inTurn(clusterId, () => answerNow(clusterId, request))).answer;
      if (request.events.length > 0) {
        const considered = await inTurn(clusterId, async () => {
          await applyEvents(clusterId, request.events);
          seenNews = news;
          return answerNow(clusterId, request);
        });
        if (seenNews === news) await gather(clusterId, considered, request, signal);
        return seenNews === news ? considered.answer : look();
      }
      let answer = await look();
      const isNews = (candidate: ExchangeAnswer) =>
        candidate.runs.length > 0 ||
        candidate.done ||
        candidate.stopRuns.length > 0 ||
        candidate.stop !== request.knownStop;
      while (!isNews(answer) && performance.now() < deadline && !signal.aborted) {
        if (seenNews === news && (await wait(clusterId, deadline, signal)) === 'superseded') break;
        seenNews = news;
        answer = await look();
      }
      heardAt.set(clusterId, performance.now());
      return answer;
    },
    silentMs: (clusterId) => performance.now() - (heardAt.get(clusterId) ?? begunAt),
    applyEvents(clusterId, events) {
      forget(clusterId);
      return inTurn(clusterId, () => applyEvents(clusterId, events, { mayHaveGaps: true }));
    },
    counts: () => ({ given: given.values().reduce((sum, count) => sum + count, 0), ended }),
    releaseAll() {
      for (const wake of waiting.values()) wake('superseded');
    },
  };

  function wait(clusterId: string, deadline: number, signal: AbortSignal): Promise<Woken> {
    return new Promise((resolve) => {
      const end = (why: Woken) => {
        clearTimeout(timer);
        signal.removeEventListener('abort', timeIsUp);
        if (waiting.get(clusterId) === end) waiting.delete(clusterId);
        resolve(why);
      };
      const timeIsUp = () => end('time');
      const timer = setTimeout(timeIsUp, Math.max(0, deadline - performance.now()));
      signal.addEventListener('abort', timeIsUp, { once: true });
      // Two requests may have looked at the same moment: the later one waits, the earlier one is answered.
      waiting.get(clusterId)?.('superseded');
      waiting.set(clusterId, end);
    });
  }
}
