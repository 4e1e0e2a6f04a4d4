/**
 * One look at the database for all who follow what happens to many jobs. A commit rings; a look behind it finds out whether
 * the log of events, the statuses or the counts of runs have grown, and only then those who follow are woken. What they
 * read is shared as long as they are at the same place: nothing is queued for anybody, a slow reader reads his own page later.
 */
import type { Database } from '../../db/database.ts';
import {
  findStreamEnd,
  findSubmittedJobs,
  readStreamPage,
  type StreamJob,
  type StreamPage,
  type StreamPlace,
} from '../../db/queries/event-pages.ts';
import { LIMITS } from '../../limits.ts';
import type { BackgroundTask } from '../../upkeep/background.ts';
import type { JobChanges } from './job-changes.ts';
import { readState } from './store.ts';

/** Between two looks, however much is committed. */
const LOOK_MS = 100;
/** After a look that failed, as where the database cannot be read. */
const RETRY_MS = 2000;

/** Counts of the runs of a job under way, numbered in the order in which they were seen. */
export interface ProgressNews {
  version: number;
  job: StreamJob;
}

export interface EventFeed extends AsyncDisposable {
  /** To be called after each commit. */
  ring(): void;
  /** Wakes everybody, for what may concern any of them, such as a key that was revoked. */
  wakeAll(): void;
  /** Hears of everything from now on. */
  join(): Promise<FeedPlace>;
  /** Ends every wait, and the later ones at once. */
  close(): void;
  readonly isClosed: boolean;
}

/** The seat of one who follows. */
export interface FeedPlace extends Disposable {
  /** The place behind everything that was there when it was taken. */
  readonly end: StreamPlace;
  /** What lies behind a place. */
  read(after: StreamPlace): Promise<StreamPage>;
  /** Counts that were seen after this version, in their order. */
  progressAfter(version: number): ProgressNews[];
  /** Resolves when something has changed since the last call, the time is over, or the signal aborted. */
  next(wish: { deadline: number; signal: AbortSignal }): Promise<void>;
}

export function createEventFeed({
  database,
  jobChanges,
  looking,
}: {
  database: Database;
  jobChanges: JobChanges;
  looking: BackgroundTask;
}): EventFeed {
  const seats = new Set<Seat>();
  /** Pages that were read since the last wake, by their place. */
  const pages = new Map<string, Promise<StreamPage>>();
  /** Counts of jobs under way, in the order in which they were seen. */
  const progress = new Map<string, ProgressNews>();
  const changed = new Set<string>();
  let listening: Disposable | null = null;
  let end: StreamPlace = { event: 0, status: 0 };
  let version = 0;
  let isClosed = false;
  let isRung = false;
  let lookedAt = Number.NEGATIVE_INFINITY;
  let timer: NodeJS.Timeout | undefined;
  let look: Promise<void> | null = null;
  let opening: Promise<void> | null = null;

  function wake(): void {
    pages.clear();
    for (const seat of seats) {
      seat.hear();
    }
  }

  function ring(): void {
    isRung = true;
    arrange();
  }

  /** Looks soon, where that is wanted and not arranged yet. */
  function arrange(pauseMs = LOOK_MS): void {
    if (isRung && seats.size > 0 && !isClosed && look === null && timer === undefined) {
      timer = setTimeout(start, Math.max(0, lookedAt + pauseMs - performance.now()));
    }
  }

  function start(): void {
    timer = undefined;
    isRung = false;
    lookedAt = performance.now();
    look = looking.run(lookForNews).then((isDone) => {
      look = null;
      isRung ||= !isDone;
      arrange(isDone ? LOOK_MS : RETRY_MS);
    });
  }

  async function lookForNews(): Promise<void> {
    const ids = [...changed];
    changed.clear();
    let isNews = false;
    try {
      const found = await findStreamEnd(database.read);
      isNews = found.event !== end.event || found.status !== end.status;
      end = found;
      if (ids.length > 0) {
        isNews = noteProgress(await findSubmittedJobs(database.read, ids), ids) || isNews;
      }
    } catch (error) {
      for (const id of ids) {
        changed.add(id);
      }
      throw error;
    }
    if (isNews) {
      wake();
    }
  }

  /** Whether counts have changed of jobs that execute; those of jobs that have ended are told by their end. */
  function noteProgress(jobs: readonly StreamJob[], ids: readonly string[]): boolean {
    let isNews = false;
    const gone = new Set(ids);
    for (const job of jobs) {
      if (readState(job.state).phase !== 'executing') {
        continue;
      }
      gone.delete(job.id);
      if (countsOf(progress.get(job.id)?.job) !== countsOf(job)) {
        version += 1;
        progress.delete(job.id);
        progress.set(job.id, { version, job });
        isNews = true;
      }
    }
    for (const id of gone) {
      progress.delete(id);
    }
    return isNews;
  }

  /** For the first who follows: what is known of before is out of date. */
  async function open(): Promise<void> {
    listening = jobChanges.onTell((jobId) => {
      changed.add(jobId);
      ring();
    });
    changed.clear();
    pages.clear();
    progress.clear();
    end = await findStreamEnd(database.read);
    noteProgress(await findSubmittedJobs(database.read, null), []);
  }

  function shut(): void {
    clearTimeout(timer);
    timer = undefined;
    listening?.[Symbol.dispose]();
    listening = null;
    opening = null;
    pages.clear();
    progress.clear();
    changed.clear();
  }

  function read(after: StreamPlace): Promise<StreamPage> {
    const key = `${after.event}.${after.status}`;
    const known = pages.get(key);
    if (known) {
      return known;
    }
    const page = readStreamPage(database.read, after, LIMITS.eventsPerPage);
    if (pages.size < LIMITS.eventPagesShared) {
      pages.set(key, page);
      page.catch(() => pages.delete(key));
    }
    return page;
  }

  return {
    ring,
    wakeAll: wake,
    async join() {
      const seat = new Seat((leaving) => {
        seats.delete(leaving);
        if (seats.size === 0) {
          shut();
        }
      });
      seats.add(seat);
      let now: StreamPlace;
      try {
        opening ??= open();
        await opening;
        // Pages run ahead of the last look, and whoever comes again may have seen them.
        now = await findStreamEnd(database.read);
      } catch (error) {
        opening = null;
        seat[Symbol.dispose]();
        throw error;
      }
      return {
        end: now,
        read,
        progressAfter: (before) => [...progress.values()].filter((news) => news.version > before),
        next: (wish) => (isClosed ? Promise.resolve() : seat.next(wish)),
        [Symbol.dispose]: () => seat[Symbol.dispose](),
      };
    },
    get isClosed() {
      return isClosed;
    },
    close() {
      isClosed = true;
      clearTimeout(timer);
      wake();
    },
    async [Symbol.asyncDispose]() {
      this.close();
      await look;
    },
  };
}

function countsOf(job: StreamJob | undefined): string {
  if (job === undefined) {
    return '';
  }
  const { runs, runsLeft, runsFailed } = readState(job.state);
  return `${runs} ${runsLeft} ${runsFailed}`;
}

class Seat implements Disposable {
  readonly #leave: (seat: Seat) => void;
  #hasHeard = false;
  #end: (() => void) | null = null;

  constructor(leave: (seat: Seat) => void) {
    this.#leave = leave;
  }

  hear(): void {
    this.#hasHeard = true;
    this.#end?.();
  }

  next({ deadline, signal }: { deadline: number; signal: AbortSignal }): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', end);
        this.#end = null;
        this.#hasHeard = false;
        resolve();
      };
      const timer = setTimeout(end, Math.max(0, deadline - performance.now()));
      this.#end = end;
      signal.addEventListener('abort', end, { once: true });
      if (this.#hasHeard || signal.aborted) {
        end();
      }
    });
  }

  [Symbol.dispose](): void {
    this.#leave(this);
    this.hear();
  }
}
