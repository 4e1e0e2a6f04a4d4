import type { FileHandle } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { tailRunFile } from '@quarry/contract';
import { findExecutingRun } from '../../db/queries/find-runs.ts';
import { unsatisfiableRange } from '../../http/http-problems.ts';
import { Answer, type Call, route } from '../../http/route.ts';
import { LIMITS } from '../../limits.ts';
import { parseRange } from '../files/range.ts';
import type { JobsContext } from '../jobs/context.ts';
import { findLastLines, type LastLines, lastLinesAsJson } from './last-lines.ts';
import { openInside, openWorkDirectory } from './work-directory.ts';

export const tail = ({ database }: JobsContext) =>
  route(tailRunFile, async (call) => {
    const { jobId, runId, '*': name } = call.params;
    const run = await findExecutingRun(database.read, call.caller, jobId, runId);
    using work = await openWorkDirectory(run);
    const { handle, path } = await openInside(work, name);
    try {
      const stat = await handle.stat();
      if (call.query.lines === undefined) {
        return await bytesOf(call, handle, stat.size);
      }
      return await linesOf(call, { handle, path, sizeBytes: stat.size }, call.query.lines);
    } catch (error) {
      await handle.close();
      throw error;
    }
  });

/** The bytes, whole or a range. The file may grow while they are sent: they end where it ended when it was asked for. */
async function bytesOf(
  { method, headers }: Pick<Call, 'method' | 'headers'>,
  handle: FileHandle,
  sizeBytes: number,
): Promise<Answer> {
  const range = parseRange(method === 'GET' ? headers.range : undefined, sizeBytes);
  if (range === 'unsatisfiable') {
    throw unsatisfiableRange(headers.range!, sizeBytes);
  }
  const part = range === 'whole' ? null : range;
  const start = part?.start ?? 0;
  const length = part === null ? sizeBytes : part.end - part.start + 1;
  const all = {
    'accept-ranges': 'bytes',
    'content-type': 'application/octet-stream',
    'content-length': String(length),
    ...(part === null ? {} : { 'content-range': `bytes ${part.start}-${part.end}/${sizeBytes}` }),
  };
  const status = part === null ? 200 : 206;
  if (method === 'HEAD' || length === 0) {
    await handle.close();
    return new Answer(status, all, method === 'HEAD' ? Readable.from([]) : '');
  }
  return new Answer(status, all, {
    length,
    read: async (into, position) => (await handle.read(into, 0, into.length, start + position)).bytesRead,
    close: () => handle.close(),
  });
}

async function linesOf(
  call: Pick<Call, 'warn'>,
  { handle, path, sizeBytes }: { handle: FileHandle; path: string; sizeBytes: number },
  count: number,
): Promise<Answer> {
  const found = await findLastLines(handle, sizeBytes, { count, jsonBytes: LIMITS.tailBytes });
  if (found.cut !== null) {
    call.warn(
      found.cut === 'line'
        ? `The last line is longer than what is given of it: ${LIMITS.tailBytes} bytes.`
        : `These lines are fewer than were asked for: they have at most ${LIMITS.tailBytes} bytes together.`,
    );
  }
  const json = Readable.from(asJson(handle, path, found), { objectMode: false });
  // Not by the generator: one whose reader leaves at once has not begun, and never ends.
  json.once('close', () => void handle.close());
  return Answer.text({ 'content-type': 'application/json; charset=utf-8' }, json);
}

async function* asJson(handle: FileHandle, path: string, found: LastLines): AsyncGenerator<string> {
  yield `{"fileType":${JSON.stringify(`${path}: ASCII text`)},"lines":[`;
  yield* lastLinesAsJson(handle, found);
  yield found.cut === null ? ']}' : '],"truncated":true}';
}
