/**
 * The server's side of the exchange with agents; `@quarry/contract` agent.ts states the protocol.
 *
 * Requests of one cluster are taken one after another up to the point where they wait, so an event is applied
 * once whatever is repeated. A request that waits is released by a newer one, by news, or by its time.
 */
import type { AgentEvent, ExchangeAnswer, ExchangeRequest } from '@quarry/contract';
import type { Clock } from '../clock.ts';
import type { Database, Queries } from '../db/database.ts';
import { findCluster } from '../db/queries/find-cluster.ts';
import { notFound } from '../errors.ts';
import { LIMITS } from '../limits.ts';
import type { Assigner } from './assignment.ts';
import { type Collector, type KeptOutputs, recordOutputs, runNumber } from './collect.ts';
import type { Engine } from './engine.ts';
import type { JobEvent, JobState } from './state.ts';
import { type Applied, applyEvent } from './store.ts';

export interface Exchanges {
  exchange(clusterId: string, request: ExchangeRequest, signal: AbortSignal): Promise<ExchangeAnswer>;
  /** Applies events that came another way: from the journal of an agent that is gone. */
  applyEvents(clusterId: string, events: readonly AgentEvent[]): Promise<void>;
  /** Lets every waiting agent go, for shutting down. */
  releaseAll(): void;
}

/** The events that follow number `applied` without a gap, each once: what comes after a gap is sent again. */
function nextInOrder(events: readonly AgentEvent[], applied: number): AgentEvent[] {
  const fresh: AgentEvent[] = [];
  for (const event of events.toSorted((a, b) => a.seq - b.seq)) {
    if (event.seq === applied + fresh.length + 1) fresh.push(event);
  }
  return fresh;
}

/** Why a request that waited waits no more. */
type Woken = 'news' | 'superseded' | 'time';

export function createExchanges(options: {
  database: Database;
  clock: Clock;
  engine: Engine;
  assigner: Assigner;
  collector: Collector;
}): Exchanges {
  const { database, clock, engine, assigner, collector } = options;
  const waiting = new Map<string, (why: Woken) => void>();
  const turns = new Map<string, Promise<unknown>>();
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
    const forget = () => {
      if (turns.get(clusterId) === turn) turns.delete(clusterId);
    };
    turn.then(forget, forget);
    return turn;
  }

  async function answerNow(clusterId: string, request: ExchangeRequest): Promise<ExchangeAnswer> {
    const cluster = await findCluster(database.read, clusterId);
    if (!cluster) throw notFound('This cluster has ended.');
    const state = JSON.parse(cluster.state) as JobState;
    const { batch, plan, runs } = await assigner.runsFor(cluster, state, request);
    const ended = state.phase === 'completed';
    return {
      acknowledged: cluster.applied_event,
      batch,
      plan,
      runs,
      stop: ended ? null : state.stop,
      stopRuns: [],
      done: ended,
    };
  }

  async function applyEvents(clusterId: string, events: readonly AgentEvent[]): Promise<void> {
    const before = await findCluster(database.read, clusterId);
    if (!before) throw notFound('This cluster has ended.');
    const fresh = nextInOrder(events, before.applied_event);
    if (fresh.length === 0) return;
    // Taking over files is slow and safe to repeat, so it comes before the transaction that lists them.
    const kept = new Map<number, KeptOutputs>();
    try {
      for (const event of fresh)
        if (event.type === 'run_finished') kept.set(event.seq, await collector.keep(event, before.directory));
      const applied = await database.write(
        async (queries) => {
          const results: Applied[] = [];
          for (const event of fresh) {
            const jobEvent = await recordEvent(
              queries,
              before.job_id,
              before.owner_id,
              event,
              kept.get(event.seq),
            );
            if (jobEvent) results.push(await applyEvent(queries, clock, before.job_id, jobEvent));
          }
          await queries
            .updateTable('clusters')
            .set({ applied_event: fresh.at(-1)!.seq })
            .where('id', '=', clusterId)
            .execute();
          return results;
        },
        { mayUseReserve: true },
      );
      engine.perform(applied);
    } finally {
      for (const outputs of kept.values()) outputs.release();
    }
  }

  /** Writes what an event says about runs and outputs; what it says about the job comes back as its event. */
  async function recordEvent(
    queries: Queries,
    jobId: string,
    ownerId: string,
    event: AgentEvent,
    kept: KeptOutputs | undefined,
  ): Promise<JobEvent | null> {
    switch (event.type) {
      case 'agent_started':
        return { type: 'agent_started' };
      case 'run_started':
        await queries
          .updateTable('runs')
          .set({ date_started: clock.now() })
          .where('job_id', '=', jobId)
          .where('number', '=', runNumber(event.runId))
          .where('date_started', 'is', null)
          .execute();
        return { type: 'run_started' };
      case 'tile_exited':
        return null;
      case 'run_finished': {
        const ended = await recordOutputs(queries, clock, { jobId, ownerId, event, kept: kept! });
        return ended && { type: 'run_finished', ...ended };
      }
      case 'agent_stopped':
        return { type: 'agent_stopped' };
    }
  }

  return {
    async exchange(clusterId, request, signal) {
      waiting.get(clusterId)?.('superseded');
      const deadline = Date.now() + Math.min(request.waitSeconds, LIMITS.exchangeWaitSeconds) * 1000;
      let seenNews = news;
      let answer = await inTurn(clusterId, async () => {
        if (request.events.length > 0) await applyEvents(clusterId, request.events);
        return answerNow(clusterId, request);
      });
      const isNews = (candidate: ExchangeAnswer) =>
        request.events.length > 0 ||
        candidate.runs.length > 0 ||
        candidate.done ||
        candidate.stopRuns.length > 0 ||
        candidate.stop !== request.knownStop;
      while (!isNews(answer) && Date.now() < deadline && !signal.aborted) {
        if (seenNews === news && (await wait(clusterId, deadline, signal)) === 'superseded') break;
        seenNews = news;
        answer = await inTurn(clusterId, () => answerNow(clusterId, request));
      }
      return answer;
    },
    applyEvents: (clusterId, events) => inTurn(clusterId, () => applyEvents(clusterId, events)),
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
      const timer = setTimeout(timeIsUp, Math.max(0, deadline - Date.now()));
      signal.addEventListener('abort', timeIsUp, { once: true });
      // Two requests may have looked at the same moment: the later one waits, the earlier one is answered.
      waiting.get(clusterId)?.('superseded');
      waiting.set(clusterId, end);
    });
  }
}
