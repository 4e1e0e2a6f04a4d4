import { hasEnded } from '@quarry/sdk';
import type { Clock } from '../clock.ts';
import { notSubmitted } from './follow-job.ts';
import {
  findStoredLog,
  type LogOf,
  offsetOfLastLines,
  readLiveLog,
  readStoredLog,
  startOfLastLines,
} from './log.ts';
import { Patience } from './patience.ts';
import { StatusFeed } from './status-feed.ts';

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
  const patience = new Patience(clock, of.signal);
  using feed = new StatusFeed(of.sdk, of.jobId, of.signal);
  for (;;) {
    try {
      // Asked before reading: what is read after the end is all there will be.
      const ended = await isOver(of, feed);
      if (ended) return await printStoredLog(of, offset, { tail: offset === 0 ? tail : undefined, write });
      const bytes = await readLiveLog(of, offset);
      const news = bytes !== null && bytes.length > 0;
      patience.answered({ news });
      if (news) {
        const skipped = offset === 0 && tail !== undefined ? (startOfLastLines(bytes, tail) ?? 0) : 0;
        write(bytes.subarray(skipped));
        offset += bytes.length;
      }
    } catch (error) {
      patience.bear(error);
    }
    await feed.rest(patience);
  }
}

async function printStoredLog(of: LogOf, offset: number, { tail, write }: LogWish): Promise<boolean> {
  const file = await findStoredLog(of);
  if (!file) return offset > 0;
  const start = tail === undefined ? offset : await offsetOfLastLines(of, file, tail);
  for await (const bytes of readStoredLog(of, file, start)) write(bytes);
  return true;
}

async function isOver({ jobId }: LogOf, feed: StatusFeed): Promise<boolean> {
  const statuses = await feed.latest();
  if (statuses.length === 0) throw notSubmitted(jobId);
  return hasEnded(statuses);
}
