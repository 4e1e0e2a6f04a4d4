import { type Logger, pino, stdTimeFunctions } from 'pino';

export type { Logger };

/** A logger of JSON lines on stderr; request headers and bodies never pass through it, so no key can. */
export function createLogger(level: string): Logger {
  return pino(
    { level, base: null, timestamp: stdTimeFunctions.isoTime },
    pino.destination({ dest: 2, sync: true }),
  );
}
