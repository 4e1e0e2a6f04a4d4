/**
 * Who waits for a job to change, and waking them once a change is committed. It knows neither HTTP nor what happened: whoever
 * wakes looks for himself, so nothing is queued here and nobody can be told what was not committed.
 */

/** `status`: the history of the job grew, or the job is gone. `progress`: something else of it changed. */
export type ChangeKind = 'status' | 'progress';

export interface Wish {
  /** When to give up, in milliseconds of `performance.now()`. */
  deadline: number;
  /** The least that is worth waking for; progress when absent. */
  least?: ChangeKind;
  signal?: AbortSignal;
}

/** Hears of one job from its making on, so that a change between a look and the wait after it is not missed. */
export interface Watch extends Disposable {
  /** What has changed since the last call, or the first that comes; null when the time is over or the signal aborted. */
  next(wish: Wish): Promise<ChangeKind | null>;
}

export interface JobChanges {
  /** Wakes those who wait for this job; to be called after the commit. */
  tell(jobId: string, kind: ChangeKind): void;
  /** Wakes everybody, for what may concern any of them, such as a key that was revoked. */
  tellAll(): void;
  watch(jobId: string): Watch;
  /** Called with each job that is told of, until it is disposed of. */
  onTell(listener: (jobId: string) => void): Disposable;
  /** Whether the server is about to stop: nobody waits any more. */
  readonly isClosed: boolean;
  /** Ends every wait, and the later ones at once. */
  close(): void;
}

/** Changes inside one server. Costs one look into a map where nobody waits. */
export function createJobChanges(): JobChanges {
  const watches = new Map<string, Set<JobWatch>>();
  const listeners = new Set<(jobId: string) => void>();
  let isClosed = false;

  function forAll(act: (watch: JobWatch) => void): void {
    // Copied: those who wake may leave at once.
    for (const ofJob of [...watches.values()]) {
      for (const watch of [...ofJob]) {
        act(watch);
      }
    }
  }

  return {
    tell(jobId, kind) {
      const ofJob = watches.get(jobId);
      if (ofJob) {
        for (const watch of ofJob) {
          watch.hear(kind);
        }
      }
      for (const listener of listeners) {
        listener(jobId);
      }
    },
    tellAll: () => forAll((watch) => watch.hear('status')),
    watch(jobId) {
      const ofJob = watches.get(jobId) ?? new Set();
      watches.set(jobId, ofJob);
      const watch = new JobWatch(() => {
        ofJob.delete(watch);
        if (ofJob.size === 0 && watches.get(jobId) === ofJob) {
          watches.delete(jobId);
        }
      });
      if (isClosed) {
        watch.close();
      } else {
        ofJob.add(watch);
      }
      return watch;
    },
    onTell(listener) {
      listeners.add(listener);
      return { [Symbol.dispose]: () => void listeners.delete(listener) };
    },
    get isClosed() {
      return isClosed;
    },
    close() {
      isClosed = true;
      forAll((watch) => watch.close());
    },
  };
}

class JobWatch implements Watch {
  readonly #leave: () => void;
  #heard: ChangeKind | null = null;
  #isClosed = false;
  /** Ends the wait under way when what was heard is enough for it. */
  #consider: (() => void) | null = null;

  constructor(leave: () => void) {
    this.#leave = leave;
  }

  hear(kind: ChangeKind): void {
    if (this.#heard !== 'status') {
      this.#heard = kind;
    }
    this.#consider?.();
  }

  close(): void {
    this.#isClosed = true;
    this.#consider?.();
  }

  next({ deadline, least = 'progress', signal }: Wish): Promise<ChangeKind | null> {
    return new Promise((resolve) => {
      const isEnough = () => this.#heard === 'status' || (this.#heard !== null && least === 'progress');
      const end = () => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', end);
        this.#consider = null;
        const heard = isEnough() ? this.#heard : null;
        if (heard) {
          this.#heard = null;
        }
        resolve(heard);
      };
      const left = deadline - performance.now();
      let timer: NodeJS.Timeout | undefined;
      if (isEnough() || this.#isClosed || signal?.aborted || left <= 0) {
        end();
        return;
      }
      this.#consider = () => {
        if (isEnough() || this.#isClosed) {
          end();
        }
      };
      timer = setTimeout(end, left);
      signal?.addEventListener('abort', end, { once: true });
    });
  }

  [Symbol.dispose](): void {
    this.close();
    this.#leave();
  }
}
