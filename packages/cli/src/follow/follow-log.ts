import { hasEnded, isOutage, NotFoundError } from '@quarry/sdk';
import type { Clock } from '../clock.ts';
import { notSubmitted } from './follow-job.ts';
import {
  findStoredLog,
  LOG_NAME,
  type LogOf,
  openLiveLog,
  readEndOfLiveLog,
  readEndOfStoredFile,
  readStoredLog,
} from './log.ts';
import { Patience } from './patience.ts';
import { StatusFeed } from './status-feed.ts';

export interface LogWish {
  /** Only that many lines from the end of what is there now. */
  tail?: number | undefined;
  /** Resolves when there is room for more. */
  write: (bytes: Uint8Array) => Promise<void>;
  /** Called when these lines are longer than what is written of them. */
  onCut?: () => void;
}

/** Writes what the log holds now. False when there is none yet. */
export async function printLog(of: LogOf, wish: LogWish): Promise<boolean> {
  if (wish.tail !== undefined) {
    return (await printEndOfLive(of, wish.tail, wish)) !== null || printStored(of, 0, wish);
  }
  for (let offset = 0; ; ) {
    const before = offset;
    try {
      const isLive = await copyLive(of, offset, wish, (bytes) => {
        offset += bytes;
      });
      // It may have ended between two pieces.
      return isLive || printStored(of, offset, wish);
    } catch (error) {
      if (!isOutage(error) || offset === before) {
        throw error;
      }
    }
  }
}

/** Writes the log while it grows, until its run has ended and everything is written. */
export async function followLog(of: LogOf, clock: Clock, wish: LogWish): Promise<boolean> {
  const features = await of.sdk.transport.features({ signal: of.signal });
  if (features.has('follow-files')) {
    const isThere = await followAsTold(of, wish);
    if (isThere !== null) {
      return isThere;
    }
  }
  return followByLooking(of, clock, wish);
}

/** By what the platform tells, where it can. Null when there is no such run (yet): of a job that was not submitted. */
async function followAsTold(
  { sdk, jobId, runId, signal }: LogOf,
  { tail, write }: LogWish,
): Promise<boolean | null> {
  const options = { signal, ...(tail !== undefined && { lines: tail }) };
  let isThere: boolean | null = null;
  try {
    for await (const event of sdk.jobs.followFile(jobId, runId, LOG_NAME, options)) {
      if (event.type === 'data') {
        await write(event.bytes);
      }
      isThere ||= event.type === 'data' || (event.type === 'end' && event.sizeBytes !== null);
    }
  } catch (error) {
    if (!(error instanceof NotFoundError) || isThere !== null) {
      throw error;
    }
  }
  return isThere;
}

/** By looking again and again, until the job has ended. */
async function followByLooking(of: LogOf, clock: Clock, wish: LogWish): Promise<boolean> {
  let offset = 0;
  let tail = wish.tail;
  const patience = new Patience(clock, of.signal);
  using feed = new StatusFeed(of.sdk, of.jobId, of.signal);
  for (;;) {
    try {
      // Asked before reading: what is read after the end is all there will be.
      const ended = await isOver(of, feed);
      if (ended) {
        return await printStored(of, offset, { ...wish, tail });
      }
      const before = offset;
      if (tail !== undefined) {
        offset = (await printEndOfLive(of, tail, wish)) ?? 0;
        // Nothing written yet is no end to begin with.
        if (offset > 0) {
          tail = undefined;
        }
      } else {
        await copyLive(of, offset, wish, (bytes) => {
          offset += bytes;
          patience.answered({ news: true });
        });
      }
      patience.answered({ news: offset > before });
    } catch (error) {
      patience.bear(error);
    }
    await feed.rest(patience);
  }
}

/** Writes the last lines of the log of a run that executes. Answers where it ended; null when the run does not execute. */
async function printEndOfLive(of: LogOf, lines: number, { write, onCut }: LogWish): Promise<number | null> {
  const live = await readEndOfLiveLog(of, lines);
  if (live === null) {
    return null;
  }
  if (live.isCut) {
    onCut?.();
  }
  await write(live.bytes);
  return live.end;
}

/** Writes the log of a run that executes from an offset on; tells of each piece that was written. False when the run does not execute. */
async function copyLive(
  of: LogOf,
  offset: number,
  { write }: LogWish,
  onWritten: (bytes: number) => void,
): Promise<boolean> {
  const live = await openLiveLog(of, { from: offset });
  if (live === null) {
    return false;
  }
  for await (const piece of live.pieces) {
    await write(piece);
    onWritten(piece.length);
  }
  return true;
}

async function printStored(of: LogOf, offset: number, { tail, write, onCut }: LogWish): Promise<boolean> {
  const file = await findStoredLog(of);
  if (!file) {
    return offset > 0;
  }
  if (tail === undefined) {
    for await (const bytes of readStoredLog(of, file, offset)) {
      await write(bytes);
    }
    return true;
  }
  const end = await readEndOfStoredFile(of, file, tail);
  if (end.isCut) {
    onCut?.();
  }
  await write(end.bytes);
  return true;
}

async function isOver({ jobId }: LogOf, feed: StatusFeed): Promise<boolean> {
  const statuses = await feed.latest();
  if (statuses.length === 0) {
    throw notSubmitted(jobId);
  }
  return hasEnded(statuses);
}
