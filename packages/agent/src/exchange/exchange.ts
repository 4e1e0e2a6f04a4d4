/**
 * Keeps the agent in touch with its server.
 *
 * With nothing to say it holds one poll. With news it sends them at once in a second request that does not
 * wait (`waitSeconds` 0); the server answers the older poll when the newer request arrives. So at most one
 * request with news and one poll are under way. Answers may come twice or in any order: event numbers only
 * grow, a batch of runs is taken once, and stop and done never go back.
 */
import { statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type {
  AgentRequest,
  AgentRequestKind,
  ClusterFile,
  ExchangeAnswer,
  RunAssignment,
} from '@quarry/contract';
import {
  ANSWER_OVERDUE_MS,
  BACKOFF_FIRST_MS,
  BACKOFF_LAST_MS,
  BUSY_EXCHANGE_MS,
  EXCHANGE_OVERDUE_MS,
  POLL_LEAST_MS,
  POLL_SECONDS,
  SAMPLES_PER_EXCHANGE,
} from '../limits.ts';
import { report } from '../report.ts';
import type { UsageSampler } from '../usage/sampler.ts';
import { postBytes, postJson } from './http.ts';
import type { Journal } from './journal.ts';
import { readServerUrl } from './server-url.ts';

export interface ExchangeOptions {
  cluster: Pick<ClusterFile, 'clusterId' | 'token' | 'serverUrl' | 'serverFile' | 'directory'>;
  journal: Journal;
  wantRuns: () => number;
  /** Whether runs are waiting for a slot, so that the next news is near. */
  isBusy: () => boolean;
  knownStop: () => 'graceful' | 'force' | null;
  /** What this agent can be asked to do. */
  understands: readonly AgentRequestKind[];
  /** Whether it is known that outputs are not wanted. */
  knowsDiscard: () => boolean;
  onAnswer: (answer: Desired) => void;
  /** Asked after each failure with the milliseconds since the last answer: true ends the exchange. */
  givesUp: (silentMs: number) => boolean;
  /** What runs use, to be sent beside events. */
  usage: Pick<UsageSampler, 'hasUnsent' | 'unsent' | 'sent'>;
}

export interface Desired {
  runs: RunAssignment[];
  stop: 'graceful' | 'force' | null;
  discard: boolean;
  stopRuns: string[];
  requests: AgentRequest[];
  done: boolean;
}

/** `released`: the server has everything. `gone`: it, or the directory, is no more. `unreachable`: given up. */
export type ExchangeEnd = 'released' | 'gone' | 'unreachable';

class ClusterGone extends Error {}

export class Exchange {
  readonly #options: ExchangeOptions;
  #url: string;
  #lastBatch = 0;
  /** Of the newest answer. */
  #knownRequests: string[] = [];
  /** Ids of the two newest batches: a batch sent again may come with what was added to it. */
  #recentRuns: [Set<string>, Set<string>] = [new Set(), new Set()];
  #news = Promise.withResolvers<void>();
  #leaving = false;
  #gone = false;
  #poll: AbortController | null = null;
  #sentAt = Number.NEGATIVE_INFINITY;

  constructor(options: ExchangeOptions) {
    this.#options = options;
    this.#url = options.cluster.serverUrl;
  }

  /** Something was journaled: it is sent at once. */
  notify(): void {
    this.#news.resolve();
  }

  /** The exchange ends as soon as everything is acknowledged. */
  leave(): void {
    this.#leaving = true;
    this.notify();
  }

  /** Delivers the answer to a request that only reads; rejects when it did not arrive, and may be sent again. */
  async deliverAnswer(requestId: string, answer: Buffer): Promise<void> {
    const { token } = this.#options.cluster;
    const url = this.#urlOf(`requests/${encodeURIComponent(requestId)}/answer/`);
    const reply = await postBytes(url, token, answer, { timeoutMs: ANSWER_OVERDUE_MS });
    if (reply.status >= 500 || reply.status === 429) {
      throw new Error(`The server answered ${reply.status}`);
    }
    if (reply.status !== 204) {
      report(`The server refused the answer to the request ${requestId} (${reply.status}).`);
    }
  }

  async run(): Promise<ExchangeEnd> {
    const { journal, givesUp } = this.#options;
    let failures = 0;
    let lastAnswerAt = performance.now();
    // The server knows best what reached it from an earlier agent of this cluster: ask before repeating.
    let asksFirst = journal.continued;
    try {
      while (!this.#leaving || journal.hasNews) {
        await this.#pace();
        this.#news = Promise.withResolvers();
        try {
          if (this.#gone) {
            return 'gone';
          }
          if (asksFirst) {
            await this.#send([], 0);
          } else if (journal.hasNews) {
            await this.#send(await journal.takeBatch(), 0);
          } else if (this.#options.usage.hasUnsent) {
            await this.#send([], 0);
          } else {
            await this.#holdPoll();
          }
          asksFirst = false;
          failures = 0;
          lastAnswerAt = performance.now();
        } catch (error) {
          if (error instanceof ClusterGone || isMissing(this.#options.cluster.directory)) {
            return 'gone';
          }
          if (givesUp(performance.now() - lastAnswerAt)) {
            return 'unreachable';
          }
          if (failures === 0) {
            report(`The server is away (${(error as Error).message}): trying again until it is back.`);
          }
          this.#findServer();
          await sleep(backoffMs(failures++));
        }
      }
      return 'released';
    } finally {
      this.#poll?.abort();
    }
  }

  /** Lets news gather while runs are waiting; what an agent says that is not busy is never held back. */
  async #pace(): Promise<void> {
    const { isBusy } = this.#options;
    const leftMs = this.#sentAt + BUSY_EXCHANGE_MS - performance.now();
    if (leftMs <= 0 || !isBusy()) {
      return;
    }
    let isOver = false;
    const over = sleep(leftMs).then(() => {
      isOver = true;
    });
    while (!isOver && isBusy() && !this.#gone) {
      this.#news = Promise.withResolvers();
      await Promise.race([over, this.#news.promise]);
    }
  }

  /** Ends when the poll is answered or there is news; in the latter case its answer is still taken when it comes. */
  async #holdPoll(): Promise<void> {
    this.#poll?.abort();
    const poll = new AbortController();
    this.#poll = poll;
    const answered = this.#send([], POLL_SECONDS, poll.signal);
    answered.catch((error) => {
      // Also when there was news meanwhile and nobody waits for this poll any more.
      if (error instanceof ClusterGone) {
        this.#gone = true;
        this.notify();
      }
    });
    const begunAt = performance.now();
    const hasBrought = await Promise.race([answered, this.#news.promise]);
    const tookMs = performance.now() - begunAt;
    if (hasBrought === false && tookMs < POLL_LEAST_MS) {
      await Promise.race([sleep(POLL_LEAST_MS - tookMs), this.#news.promise]);
    }
  }

  /** Returns whether the answer brought runs or requests that are new. */
  async #send(events: string[], waitSeconds: number, signal?: AbortSignal): Promise<boolean> {
    const { cluster, journal, wantRuns, knownStop, knowsDiscard, onAnswer, usage, understands } =
      this.#options;
    this.#sentAt = performance.now();
    const samples = usage.unsent.slice(0, SAMPLES_PER_EXCHANGE);
    const rest = {
      lastBatch: this.#lastBatch,
      wantRuns: wantRuns(),
      knownStop: knownStop(),
      knowsDiscard: knowsDiscard(),
      understands,
      knownRequests: this.#knownRequests,
      waitSeconds,
      ...(samples.length > 0 && { usage: samples }),
    };
    const reply = await postJson(
      this.#urlOf('exchange/'),
      cluster.token,
      `{"events":[${events.join(',')}],${JSON.stringify(rest).slice(1)}`,
      { timeoutMs: waitSeconds * 1000 + EXCHANGE_OVERDUE_MS, signal },
    );
    // Only our server answers in JSON: another program on its port, or a proxy before it, must not end the work.
    if ([401, 404, 410].includes(reply.status) && reply.body !== undefined) {
      throw new ClusterGone();
    }
    if (reply.status !== 200 || reply.body === undefined) {
      throw new Error(`The server answered ${reply.status}`);
    }
    usage.sent(samples);
    const answer = reply.body as ExchangeAnswer;
    journal.acknowledge(answer.acknowledged);
    const runs = this.#newRuns(answer);
    const { requests = [] } = answer;
    const hasNewRequests = requests.some(({ id }) => !this.#knownRequests.includes(id));
    this.#knownRequests = requests.map(({ id }) => id);
    onAnswer({
      runs,
      stop: answer.stop,
      discard: answer.discard ?? false,
      stopRuns: answer.stopRuns,
      requests,
      done: answer.done,
    });
    return runs.length > 0 || hasNewRequests;
  }

  #urlOf(rest: string): string {
    const { clusterId } = this.#options.cluster;
    return `${this.#url.replace(/\/+$/, '')}/api/agent/clusters/${encodeURIComponent(clusterId)}/${rest}`;
  }

  #newRuns(answer: ExchangeAnswer): RunAssignment[] {
    if (answer.runs.length === 0 || answer.batch <= this.#lastBatch) {
      return [];
    }
    const [newest, older] = this.#recentRuns;
    const runs = answer.runs.filter(({ runId }) => !newest.has(runId) && !older.has(runId));
    this.#lastBatch = answer.batch;
    this.#recentRuns = [new Set(answer.runs.map(({ runId }) => runId)), newest];
    return runs.map((run) => ({ ...answer.plan!, ...run }));
  }

  #findServer(): void {
    this.#url = readServerUrl(this.#options.cluster) ?? this.#url;
  }
}

/** A server that is away and a directory that was deleted: somebody has removed the whole installation. */
function isMissing(directory: string): boolean {
  try {
    statSync(directory);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT';
  }
}

function backoffMs(failures: number): number {
  const ceiling = Math.min(BACKOFF_LAST_MS, BACKOFF_FIRST_MS * 2 ** Math.min(failures, 16));
  return ceiling * (0.5 + Math.random() / 2);
}
