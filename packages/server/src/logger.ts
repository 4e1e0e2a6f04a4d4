import { type Logger, pino, stdTimeFunctions } from 'pino';

export type { Logger };

/** Lines that wait until they can be written, as on a full disk; what comes after them is left out. */
const WAITING_BYTES = 1024 * 1024;

/** A logger of JSON lines on stderr; request headers and bodies never pass through it, so no key can. */
export function createLogger(level: string): Logger {
  const destination = pino.destination({ dest: 2, sync: true, maxLength: WAITING_BYTES });
  // It may be a file on the disk that is full, and an error that nobody takes would end the server. There is nowhere else to say it.
  destination.on('error', () => undefined);
  return pino({ level, base: null, timestamp: stdTimeFunctions.isoTime }, destination);
}
