import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { BackgroundTask } from './upkeep/background.ts';

export interface RestOptions {
  /** Grows with everything that is asked of the server. */
  activity: () => number;
  /** Gives back what else is held. */
  release: () => void;
  resting: BackgroundTask;
  /** How long nothing is asked before the server rests. */
  quietMs: number;
}

/** Gives memory back when nobody has asked for anything in a while; once for each time of work. */
export interface Rest extends Disposable {
  /** At once, unless something was asked meanwhile. */
  now(): void;
}

/**
 * V8 keeps what a burst of work made it reserve, garbage included, until it runs short: an idle server would hold three
 * times what it uses. Collecting takes about 0.1 s in which nothing is answered, hence only in quiet times.
 */
export function restWhenQuiet({ activity, release, resting, quietMs }: RestOptions): Rest {
  const collect = collector();
  let seen = activity();
  let isRested = false;
  const rest = () => {
    isRested = true;
    void resting.run(() => {
      release();
      collect();
    });
  };
  const timer = setInterval(() => {
    const now = activity();
    if (now !== seen) {
      isRested = false;
    } else if (!isRested) {
      rest();
    }
    seen = now;
  }, quietMs);
  timer.unref();
  return {
    now: () => {
      if (activity() === seen) {
        rest();
      }
    },
    [Symbol.dispose]: () => clearInterval(timer),
  };
}

/** `gc` without the command line's `--expose-gc`, which whoever starts this process would have to know of. */
function collector(): () => void {
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as (options: {
    type: 'major';
    execution: 'sync';
    flavor: 'last-resort';
  }) => void;
  setFlagsFromString('--no-expose-gc');
  // The only one that gives the young generation's reserve back, too.
  return () => gc({ type: 'major', execution: 'sync', flavor: 'last-resort' });
}
