import type { Clock } from '../clock.ts';
import { isOutage, notSubmitted } from './follow-job.ts';
import {
  findStoredLog,
  type LogOf,
  offsetOfLastLines,
  readLiveLog,
  readStoredLog,
  startOfLastLines,
} from './log.ts';

const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 2000;
const PAUSE_GROWTH = 1.2;
const LONGEST_OUTAGE_MS = 5 * 60_000;

export interface LogWish {
  /** Only that many lines from the end of what is there now. */
  tail?: number | undefined;
  write: (bytes: Uint8Array) => void;
}

/** Writes what the log holds now. False when there is none yet. */
export async function printLog(of: LogOf, { tail, write }: LogWish): Promise<boolean> {
  const live = await readLiveLog(of, 0);
  if (live) {
    write(tail === undefined ? live : live.subarray(startOfLastLines(live, tail) ?? 0));
    return true;
  }
  return printStoredLog(of, 0, { tail, write });
}

/** Writes the log while it grows, until the job has ended and everything is written. */
export async function followLog(of: LogOf, clock: Clock, { tail, write }: LogWish): Promise<boolean> {
  let offset = 0;
  let pause = FIRST_PAUSE_MS;
  let answeredAt = clock.now();
  for (;;) {
    try {
      // Asked before reading: what is read after the end is all there will be.
      const ended = await hasEnded(of);
      if (ended) return await printStoredLog(of, offset, { tail: offset === 0 ? tail : undefined, write });
      const bytes = await readLiveLog(of, offset);
      answeredAt = clock.now();
      if (bytes && bytes.length > 0) {
        const skipped = offset === 0 && tail !== undefined ? (startOfLastLines(bytes, tail) ?? 0) : 0;
        write(bytes.subarray(skipped));
        offset += bytes.length;
        pause = FIRST_PAUSE_MS;
      }
    } catch (error) {
      if (!isOutage(error) || clock.now() - answeredAt > LONGEST_OUTAGE_MS) throw error;
    }
    await clock.sleep(pause, of.signal);
    pause = Math.min(pause * PAUSE_GROWTH, LONGEST_PAUSE_MS);
  }
}

async function printStoredLog(of: LogOf, offset: number, { tail, write }: LogWish): Promise<boolean> {
  const file = await findStoredLog(of);
  if (!file) return offset > 0;
  const start = tail === undefined ? offset : await offsetOfLastLines(of, file, tail);
  for await (const bytes of readStoredLog(of, file, start)) write(bytes);
  return true;
}

async function hasEnded({ sdk, jobId, signal }: LogOf): Promise<boolean> {
  const [latest] = await sdk.jobs.statuses(jobId, { signal }).all();
  if (!latest) throw notSubmitted(jobId);
  return latest.status === 'Completed';
}
