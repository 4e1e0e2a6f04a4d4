/** Why a request that waited waits no more. */
export type Woken = 'notified' | 'superseded' | 'time';

/** Requests of agents that wait for something to tell them, one for each cluster at most. */
export class WaitingAgents {
  readonly #waiting = new Map<string, (why: Woken) => void>();
  #notified = 0;

  /** How often agents were to learn something, so that what comes between a look and the wait after it is not missed. */
  get notified(): number {
    return this.#notified;
  }

  /** Wakes the request of a cluster, if one waits: there is something for its agent to learn. */
  notify(clusterId: string): void {
    this.#notified += 1;
    this.#waiting.get(clusterId)?.('notified');
  }

  /** Lets go the request of a cluster, if one waits: a newer one has come. */
  supersede(clusterId: string): void {
    this.#waiting.get(clusterId)?.('superseded');
  }

  /** Lets go all of them, for shutting down. */
  releaseAll(): void {
    for (const wake of this.#waiting.values()) {
      wake('superseded');
    }
  }

  /** Waits until `deadline`, in milliseconds of `performance.now()`, or until the signal is aborted, at most. */
  wait(clusterId: string, deadline: number, signal: AbortSignal): Promise<Woken> {
    return new Promise((resolve) => {
      const end = (why: Woken) => {
        clearTimeout(timer);
        signal.removeEventListener('abort', timeIsUp);
        if (this.#waiting.get(clusterId) === end) {
          this.#waiting.delete(clusterId);
        }
        resolve(why);
      };
      const timeIsUp = () => end('time');
      const timer = setTimeout(timeIsUp, Math.max(0, deadline - performance.now()));
      signal.addEventListener('abort', timeIsUp, { once: true });
      // Two requests may have looked at the same moment: the later one waits, the earlier one is answered.
      this.supersede(clusterId);
      this.#waiting.set(clusterId, end);
    });
  }
}
