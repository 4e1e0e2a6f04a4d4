import type { Lock, Locker } from '@tus/server';
import { locked, type Problem } from '../../problems.ts';

interface Held {
  /** Asks the holder to come to an end. */
  yield: () => void;
  released: Promise<void>;
}

/** How long a request waits for the one before it to yield; a disk may be slow to say that bytes are safe. */
const WAIT_MILLISECONDS = 30_000;

/**
 * One request at a time for each part. Whoever comes later makes the one before yield: after a connection broke, the
 * client is back before the server knows, and must not wait for a connection that is dead (tus 1.0.0, `PATCH`).
 */
export class PartLocks implements Locker {
  readonly #held = new Map<string, Held>();

  newLock(partId: string): Lock {
    let release = () => {};
    return {
      lock: async (_signal, requestRelease) => {
        release = await this.take(partId, () => void requestRelease());
      },
      unlock: async () => release(),
    };
  }

  isHeld(partId: string): boolean {
    return this.#held.has(partId);
  }

  /** Resolves when nobody has a lock any more. */
  async whenFree(): Promise<void> {
    while (this.#held.size > 0) {
      await Promise.all([...this.#held.values()].map(({ released }) => released));
    }
  }

  /** Resolves to the end of the lock when nobody else has it any more. Refuses when the holder does not yield. */
  async take(partId: string, onYield: () => void): Promise<() => void> {
    const end = performance.now() + WAIT_MILLISECONDS;
    for (let held = this.#held.get(partId); held !== undefined; held = this.#held.get(partId)) {
      held.yield();
      await releasedBefore(held.released, end);
    }
    const released = Promise.withResolvers<void>();
    const mine: Held = { yield: onYield, released: released.promise };
    this.#held.set(partId, mine);
    return () => {
      if (this.#held.get(partId) !== mine) {
        return;
      }
      this.#held.delete(partId);
      released.resolve();
    };
  }
}

async function releasedBefore(released: Promise<void>, end: number): Promise<void> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(notYielding()), Math.max(0, end - performance.now()));
  try {
    await Promise.race([released, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

function notYielding(): Problem {
  return locked('Another request for this part is under way and does not come to an end.', {
    code: 'upload_locked',
    hint: 'Ask with HEAD how far it has come, and go on from there a little later.',
  });
}

/** For the request that must yield. */
export function takenOver(): Problem {
  return locked('Another request for the same part has come, and took over from this one.', {
    code: 'upload_taken_over',
    hint: 'What had arrived is kept. Send a part by one request at a time; HEAD tells where to go on.',
  });
}
