import type { ByteSource } from '../viewers/byte-source.ts';
import { LOG_NAME } from './queries.ts';
import { quarry } from './sdk.ts';

/** From one place whose number is known to the next, so that few bytes are counted, long lines or short. */
const INDEXED_LINES = 200;

/** A file of a run: where it lies in its directory while the run executes, among its outputs after that. */
export function runFileSource(jobId: string, runId: string, path: string = LOG_NAME): ByteSource {
  const encoded = path.split('/').map(encodeURIComponent).join('/');
  return {
    key: `${jobId}/${runId}/${path}`,
    read: (start, end, signal) =>
      readRange(`/api/v2/jobs/${jobId}/runs/${runId}/tail/${encoded}`, start, end, signal),
    find: (query, signal) => quarry.jobs.findInRunFile(jobId, runId, path, query, { signal }),
    lineIndex: () => quarry.jobs.runFileLineIndex(jobId, runId, path, { every: INDEXED_LINES }),
  };
}

/** A file by its id. */
export function fileSource(fileId: string): ByteSource {
  return {
    key: fileId,
    read: (start, end, signal) => readRange(`/api/v2/files/${fileId}/contents/`, start, end, signal),
    find: (query, signal) => quarry.files.find(fileId, query, { signal }),
    lineIndex: () => quarry.files.lineIndex(fileId, { every: INDEXED_LINES }),
  };
}

/** An address that shows a file in a frame, once; its scripts run when told so. */
export async function viewLink(
  fileId: string,
  options: { scripts: boolean; signal: AbortSignal },
): Promise<string> {
  const { url } = await quarry.files.viewTicket(fileId, options);
  return quarry.transport.ownUrl(url);
}

async function readRange(path: string, start: number, end: number, signal: AbortSignal | undefined) {
  const spec = { method: 'GET', path, headers: { accept: '*/*', range: `bytes=${start}-${end - 1}` } };
  try {
    return await quarry.transport.exchange({ ...spec, ...(signal && { signal }) }, async (response) => {
      const bytes = new Uint8Array(await response.arrayBuffer());
      if (response.status !== 206) {
        return { bytes: bytes.slice(start, end), size: bytes.length };
      }
      const size = /\/(\d+)$/.exec(response.headers.get('content-range') ?? '')?.[1];
      return { bytes, size: size === undefined ? start + bytes.length : Number(size) };
    });
  } catch (error) {
    // There is nothing from there on: a file that is empty, or has become shorter.
    if (error instanceof Error && 'status' in error && error.status === 416) {
      return { bytes: new Uint8Array(), size: start };
    }
    throw error;
  }
}
