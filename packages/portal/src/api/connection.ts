/**
 * Whether the server answers. Every request tells: one that gets no answer makes us `away`; from then on a small request
 * is tried, at growing pauses, until one is answered. What is shown stays meanwhile.
 */
import { createStore, useStore } from '../ui/store.ts';

export interface Connection {
  isAway: boolean;
  /** When the server answered last; null before it ever has. */
  lastHeard: Date | null;
  /** When the next try is due; null while one is under way, and while nothing is amiss. */
  nextTry: Date | null;
}

const PAUSES_MS = [1000, 2000, 4000, 8000, 15_000, 30_000];
const TRY_TIMEOUT_MS = 10_000;

const connection = createStore<Connection>({ isAway: false, lastHeard: null, nextTry: null });
const onReturn = new Set<() => void>();
let timer: ReturnType<typeof setTimeout> | undefined;
let tries = 0;

export function useConnection(): Connection {
  return useStore(connection);
}

/** Calls `listener` each time when the server answers again. */
export function whenBack(listener: () => void): () => void {
  onReturn.add(listener);
  return () => onReturn.delete(listener);
}

/** The server has answered something. */
export function heard(): void {
  const { isAway, lastHeard } = connection.get();
  const now = new Date();
  if (isAway) {
    clearTimeout(timer);
    tries = 0;
    connection.set({ isAway: false, lastHeard: now, nextTry: null });
    for (const listener of [...onReturn]) {
      listener();
    }
    return;
  }
  // Nobody shows it while the server answers: no component needs to hear of it.
  if (lastHeard === null) {
    connection.set({ isAway: false, lastHeard: now, nextTry: null });
  } else {
    lastHeard.setTime(now.getTime());
  }
}

/** A request has got no answer. */
export function unheard(): void {
  if (!connection.get().isAway) {
    plan();
  }
}

/** Tries at once, as somebody wants who does not like to wait. */
export function tryNow(): void {
  clearTimeout(timer);
  void attempt();
}

function plan(): void {
  const pause = PAUSES_MS[Math.min(tries, PAUSES_MS.length - 1)]!;
  tries++;
  connection.set({ ...connection.get(), isAway: true, nextTry: new Date(Date.now() + pause) });
  clearTimeout(timer);
  timer = setTimeout(() => void attempt(), pause);
}

async function attempt(): Promise<void> {
  connection.set({ ...connection.get(), nextTry: null });
  if (await answersNow()) {
    heard();
  } else if (connection.get().isAway) {
    plan();
  }
}

/** Whether it answers a small request. */
export async function answersNow(): Promise<boolean> {
  try {
    const response = await fetch('/api/v2/server/', { signal: AbortSignal.timeout(TRY_TIMEOUT_MS) });
    return !isFromProxy(response);
  } catch {
    return false;
  }
}

/** What a proxy says in the place of a server that is away. */
export function isFromProxy(response: Response): boolean {
  return response.status === 502 || response.status === 504;
}
