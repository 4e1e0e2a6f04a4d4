/** One Ctrl-C arrives twice under npm and `timeout`, which pass on what the terminal has sent as well. */
const SAME_INTERRUPTION_MILLISECONDS = 1000;
/** What does not end by itself within this time after it was asked to is ended. */
const TIME_TO_END_MILLISECONDS = 5000;

export interface Interruption {
  /** Fires when the user wants the work to end. */
  signal: AbortSignal;
  /** For work that has to put things in order before it ends. */
  allowToEnd: (milliseconds: number) => void;
}

/** The first Ctrl-C or SIGTERM asks the command to end; a second one, or time, does not ask. */
export function interruptionOfThisProcess(): Interruption {
  const controller = new AbortController();
  let timeToEnd = TIME_TO_END_MILLISECONDS;
  let askedAt = 0;
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      if (!controller.signal.aborted) {
        askedAt = performance.now();
        setTimeout(() => endBy(name), timeToEnd).unref();
        controller.abort();
      } else if (performance.now() - askedAt > SAME_INTERRUPTION_MILLISECONDS) {
        endBy(name);
      }
    });
  }
  return {
    signal: controller.signal,
    allowToEnd: (milliseconds) => {
      timeToEnd = milliseconds;
    },
  };
}

/** By the signal itself (exit code 130 or 143): `process.exit` would wait for a file system that does not answer. */
function endBy(name: 'SIGINT' | 'SIGTERM'): void {
  // Whoever has to end with this process, such as the server of the demo, is told as by any other end.
  process.emit('exit', name === 'SIGINT' ? 130 : 143);
  process.removeAllListeners(name);
  process.kill(process.pid, name);
}
