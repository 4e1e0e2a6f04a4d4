import { METHODS } from '../http/head.ts';
import type { RequestRecord } from '../http/request-log.ts';
import { Spread } from './spread.ts';

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5, 30];
const KNOWN_METHODS: ReadonlySet<string> = new Set(METHODS);
const BROKEN = 0;
/** Of statuses by their first digit. */
const CLASSES = ['broken', '1xx', '2xx', '3xx', '4xx', '5xx'] as const;

/** Requests of one method, route and class of status. */
export interface RequestCounts {
  labels: { method: string; route: string; status: string };
  requests: number;
  receivedBytes: number;
  sentBytes: number;
}

interface RouteCounts {
  durations: Spread;
  byClass: Array<RequestCounts | undefined>;
}

/**
 * What is counted as it happens, since the start of the server. It is kept at all times and so costs next to nothing; what
 * the numbers are called and how they are written is for `exposition.ts`, which is loaded when somebody asks.
 */
export class Counts {
  /** By method, then by route: both are texts that are there already, so that no key need be made of them. */
  readonly #routes = new Map<string, Map<string, RouteCounts>>();
  readonly commits = new Spread(SECONDS);
  writes = 0;

  noteRequest(record: RequestRecord): void {
    // Whatever a client may choose is no label: there would be as many series as it likes.
    const method = KNOWN_METHODS.has(record.method) ? record.method : 'other';
    const route = record.route ?? 'unknown';
    const { durations, byClass } = this.#routes.get(method)?.get(route) ?? this.#open(method, route);
    const place = record.isComplete ? Math.floor(record.status / 100) : BROKEN;
    const counts = byClass[place] ?? {
      labels: { method, route, status: CLASSES[place]! },
      requests: 0,
      receivedBytes: 0,
      sentBytes: 0,
    };
    byClass[place] = counts;
    counts.requests += 1;
    counts.receivedBytes += record.receivedBytes;
    counts.sentBytes += record.sentBytes;
    durations.add(record.seconds);
  }

  noteCommit({ writes, seconds }: { writes: number; seconds: number }): void {
    this.writes += writes;
    this.commits.add(seconds);
  }

  requests(): RequestCounts[] {
    return this.#all().flatMap(({ byClass }) => byClass.filter((counts) => counts !== undefined));
  }

  durations(): Spread[] {
    return this.#all().map(({ durations }) => durations);
  }

  #all(): RouteCounts[] {
    return [...this.#routes.values()].flatMap((routes) => [...routes.values()]);
  }

  #open(method: string, route: string): RouteCounts {
    const routes = this.#routes.get(method) ?? new Map<string, RouteCounts>();
    const fresh = { durations: new Spread(SECONDS, { method, route }), byClass: [] };
    this.#routes.set(method, routes.set(route, fresh));
    return fresh;
  }
}
