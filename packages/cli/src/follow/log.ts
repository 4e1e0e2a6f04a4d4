/**
 * The output of a run, as bytes from an offset on. While the run executes the bytes come from its work directory,
 * afterwards from the stored output file. The log only grows and is stored as it was, so a byte offset is all the
 * memory that following needs: nothing is lost or repeated when the source changes.
 */
import type { FileObject } from '@quarry/sdk';
import { ApiError, NotFoundError, type Quarry } from '@quarry/sdk';

const LOG_NAME = 'process_output.log';
/** Enough for a line of a solver; longer lines only cost another request. */
const ASSUMED_LINE_BYTES = 256;
const NOTHING = new Uint8Array();

export interface LogOf {
  sdk: Quarry;
  jobId: string;
  runId: string;
  signal: AbortSignal;
}

/** Bytes from `offset` on of the log of a run that executes; null when it does not (not yet, or not any more). */
export async function readLiveLog(of: LogOf, offset: number): Promise<Uint8Array | null> {
  const { sdk, jobId, runId, signal } = of;
  const ids = [jobId, runId].map(encodeURIComponent);
  const spec = {
    method: 'GET',
    path: `/api/v2/jobs/${ids[0]}/runs/${ids[1]}/tail/${LOG_NAME}`,
    headers: { accept: '*/*', ...(offset > 0 && { range: `bytes=${offset}-` }) },
    signal,
  };
  try {
    return await sdk.transport.exchange(spec, async (response) => {
      const bytes = new Uint8Array(await response.arrayBuffer());
      // A platform that does not know ranges sends the whole again.
      return response.status === 206 ? bytes : bytes.subarray(offset);
    });
  } catch (error) {
    if (error instanceof ApiError && error.status === 416) return NOTHING;
    if (isGone(error)) return null;
    throw error;
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
    if (paths.includes(file.relativePath || file.name)) return file;
  }
  return undefined;
}

/** The stored log from `offset` on, piece by piece. */
export async function* readStoredLog(
  { sdk, signal }: LogOf,
  file: FileObject,
  offset: number,
): AsyncGenerator<Uint8Array> {
  if (offset >= file.decryptedSize) return;
  const options = offset > 0 ? { signal, range: { start: offset } } : { signal };
  const { body } = await sdk.files.download(file.id, options);
  if (body) yield* body;
}

/** Where the last `lines` lines of the stored log begin. */
export async function offsetOfLastLines(of: LogOf, file: FileObject, lines: number): Promise<number> {
  const size = file.decryptedSize;
  for (let window = lines * ASSUMED_LINE_BYTES; ; window *= 8) {
    const start = Math.max(0, size - window);
    const pieces: Uint8Array[] = [];
    for await (const piece of readStoredLog(of, file, start)) pieces.push(piece);
    const found = startOfLastLines(Buffer.concat(pieces), lines);
    if (found !== null) return start + found;
    if (start === 0) return 0;
  }
}

/** Index at which the last `lines` lines begin; null when there are not that many. */
export function startOfLastLines(bytes: Uint8Array, lines: number): number | null {
  const NEWLINE = 0x0a;
  let left = lines;
  // The line end at the very end closes the last line and begins none.
  for (let at = bytes.length - 2; at >= 0; at -= 1) {
    if (bytes[at] !== NEWLINE) continue;
    left -= 1;
    if (left === 0) return at + 1;
  }
  return null;
}
