/**
 * The output of a run, as bytes from an offset on. While the run executes the bytes come from its work directory,
 * afterwards from the stored output file. The log only grows and is stored as it was, so a byte offset is all the
 * memory that following needs: nothing is lost or repeated when the source changes.
 */
import type { FileObject } from '@quarry/sdk';
import { ApiError, ConnectionError, NotFoundError, type Quarry } from '@quarry/sdk';
import { startOfLastLines } from './line-ends.ts';

export const LOG_NAME = 'process_output.log';
/** Enough for a line of a solver; longer lines only cost another request. */
const ASSUMED_LINE_BYTES = 256;
/** How much more is asked for when that was not enough. */
const WINDOW_GROWTH = 8;
/** The most that is looked at, and held in memory, for the last lines. */
export const TAIL_BYTES = 16 * 1024 * 1024;

export interface LogOf {
  sdk: Quarry;
  jobId: string;
  runId: string;
  signal: AbortSignal;
}

/** Bytes of a log, of which the first lies at `start`. */
export interface LogBytes {
  start: number;
  pieces: AsyncIterable<Uint8Array>;
}

/** The end of a log. */
export interface LogEnd {
  bytes: Uint8Array;
  /** Where what comes next will lie. */
  end: number;
  /** The lines that were asked for are longer than what is held of them. */
  isCut: boolean;
}

/**
 * Opens the log of a run that executes, from an offset on or as many bytes of its end; null when it does not execute (not
 * yet, or not any more). Pieces fail with a ConnectionError when the connection breaks.
 */
export async function openLiveLog(
  of: LogOf,
  wish: { from: number } | { last: number },
): Promise<LogBytes | null> {
  const { sdk, jobId, runId, signal } = of;
  const ids = [jobId, runId].map(encodeURIComponent);
  const from = 'from' in wish ? wish.from : 0;
  const range = 'from' in wish ? `${from}-` : `-${wish.last}`;
  const spec = {
    method: 'GET',
    path: `/api/v2/jobs/${ids[0]}/runs/${ids[1]}/tail/${LOG_NAME}`,
    headers: { accept: '*/*', ...(range !== '0-' && { range: `bytes=${range}` }) },
    signal,
  };
  try {
    const response = await sdk.transport.exchange(spec, async (answer) => answer);
    const pieces = piecesOf(response, signal);
    if (response.status === 206) {
      const start = /^bytes (\d+)-/.exec(response.headers.get('content-range') ?? '')?.[1];
      return { start: start === undefined ? from : Number(start), pieces };
    }
    // A platform that does not know ranges sends the whole again.
    return { start: from, pieces: skip(pieces, from) };
  } catch (error) {
    if (error instanceof ApiError && error.status === 416) {
      return { start: from, pieces: skip([], 0) };
    }
    if (isGone(error)) {
      return null;
    }
    throw error;
  }
}

async function* piecesOf(response: Response, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  if (response.body === null) {
    return;
  }
  try {
    yield* response.body;
  } catch (cause) {
    if (signal.aborted) {
      throw signal.reason;
    }
    throw new ConnectionError('The connection broke while the log was read.', { hint: 'Try again.', cause });
  }
}

async function* skip(
  pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  bytes: number,
): AsyncGenerator<Uint8Array> {
  let left = bytes;
  for await (const piece of pieces) {
    if (left < piece.length) {
      yield piece.subarray(left);
    }
    left = Math.max(0, left - piece.length);
  }
}

/** Whether a file cannot be read in the work directory of a run: it does not execute, or there is no such file. */
export function isGone(error: unknown): boolean {
  // "Only while running" may be refused with another 4xx elsewhere.
  return error instanceof NotFoundError || (error instanceof ApiError && error.status === 400);
}

/** The stored log of a run; undefined before the job has ended, or when it wrote none. */
export function findStoredLog(of: LogOf): Promise<FileObject | undefined> {
  return findStoredFile(of, LOG_NAME);
}

/** A stored output of a run by its path in the work directory; the runs of a sweep have theirs under `run<N>/`. */
export async function findStoredFile(
  { sdk, jobId, runId, signal }: LogOf,
  path: string,
): Promise<FileObject | undefined> {
  const query = { search: path.slice(path.lastIndexOf('/') + 1), page_size: 100 };
  const paths = [path, `run${runId}/${path}`];
  for await (const file of sdk.jobs.runFiles(jobId, runId, query, { signal })) {
    if (paths.includes(file.relativePath || file.name)) {
      return file;
    }
  }
  return undefined;
}

/** The stored log from `offset` on, piece by piece. */
export async function* readStoredLog(
  { sdk, signal }: LogOf,
  file: FileObject,
  offset: number,
): AsyncGenerator<Uint8Array> {
  if (offset >= file.decryptedSize) {
    return;
  }
  const options = offset > 0 ? { signal, range: { start: offset } } : { signal };
  const { body } = await sdk.files.download(file.id, options);
  if (body) {
    yield* body;
  }
}

/** The last `lines` lines of the log of a run that executes; null when it does not. */
export function readEndOfLiveLog(of: LogOf, lines: number): Promise<LogEnd | null> {
  return readEnd(lines, (bytes) => openLiveLog(of, { last: bytes }));
}

/** The last `lines` lines of a stored file. */
export async function readEndOfStoredFile(of: LogOf, file: FileObject, lines: number): Promise<LogEnd> {
  const end = await readEnd(lines, async (bytes) => {
    const start = Math.max(0, file.decryptedSize - bytes);
    return { start, pieces: readStoredLog(of, file, start) };
  });
  return end!;
}

/** Asks for more and more of the end until the lines are in it. */
async function readEnd(
  lines: number,
  open: (lastBytes: number) => Promise<LogBytes | null>,
): Promise<LogEnd | null> {
  for (let window = lines * ASSUMED_LINE_BYTES; ; window *= WINDOW_GROWTH) {
    const log = await open(Math.min(window, TAIL_BYTES));
    if (log === null) {
      return null;
    }
    const { bytes, end } = await keepEnd(log);
    const found = startOfLastLines(bytes, lines);
    if (found !== null) {
      return { bytes: bytes.subarray(found), end, isCut: false };
    }
    const isCut = bytes.length < end;
    if (!isCut || bytes.length >= TAIL_BYTES) {
      return { bytes, end, isCut };
    }
  }
}

/** Holds no more than may be looked at, whatever comes: a platform without ranges sends all there is. */
async function keepEnd({ start, pieces }: LogBytes): Promise<{ bytes: Uint8Array; end: number }> {
  const kept: Uint8Array[] = [];
  let keptBytes = 0;
  let end = start;
  for await (const piece of pieces) {
    kept.push(piece);
    keptBytes += piece.length;
    end += piece.length;
    while (keptBytes - kept[0]!.length >= TAIL_BYTES) {
      keptBytes -= kept.shift()!.length;
    }
  }
  const bytes = Buffer.concat(kept);
  return { bytes: bytes.subarray(Math.max(0, bytes.length - TAIL_BYTES)), end };
}
