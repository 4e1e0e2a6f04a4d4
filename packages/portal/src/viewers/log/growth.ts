import { pause } from '../../ui/pause.ts';

/** What tells of a log while it grows: what is written, how long it is in the end, and when it begins anew. */
export interface GrowthListener {
  append(start: number, bytes: Uint8Array): void;
  grow(size: number): void;
  restart(): void;
}

/** Follows a log until the signal aborts. */
export type Growth = (listener: GrowthListener, signal: AbortSignal) => Promise<void>;

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
