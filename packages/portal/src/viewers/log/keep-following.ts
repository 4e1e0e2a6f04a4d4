import { pause } from '../../ui/pause.ts';
import type { Growth, GrowthListener } from './log-view.tsx';

const RESTART_MS = 5000;

/** Follows a log until it has ended or the signal aborts, anew where that breaks off: whoever looks at it is told that it is followed. */
export async function keepFollowing(
  growth: Growth,
  listener: GrowthListener,
  signal: AbortSignal,
  restartMs = RESTART_MS,
): Promise<void> {
  while (!signal.aborted) {
    try {
      await growth(listener, signal);
      return;
    } catch {
      await pause(restartMs, signal);
    }
  }
}
