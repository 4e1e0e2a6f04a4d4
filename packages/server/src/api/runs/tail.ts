import type { FileHandle } from 'node:fs/promises';
import { tailRunFile } from '@quarry/contract';
import { findExecutingRun } from '../../db/queries/find-runs.ts';
import { badRequest } from '../../errors.ts';
import { Answer, route } from '../../http/route.ts';
import { LIMITS } from '../../limits.ts';
import type { RunsContext } from './index.ts';
import { findWorkDirectory, openInside } from './work-directory.ts';

const BLOCK_BYTES = 64 * 1024;
const STREAM_BUFFER_BYTES = 1024 * 1024;
const NEWLINE = 0x0a;

export const tail = ({ database }: RunsContext) =>
  route(tailRunFile, async (call) => {
    const { jobId, runId, '*': name } = call.params;
    const run = await findExecutingRun(database.read, call.caller, jobId, runId);
    const work = await findWorkDirectory(run.clusterDirectory, run.number);
    const { handle, path } = await openInside(work, name);
    let isSent = false;
    try {
      const stat = await handle.stat();
      if (!stat.isFile())
        throw badRequest(`"${name}" is not a file.`, {
          code: 'not_a_file',
          hint: 'See directory-contents/.',
        });
      if (call.query.lines === undefined) {
        // The file may grow while it is sent: it is sent up to where it ended when it was asked for.
        const headers = { 'content-type': 'application/octet-stream', 'content-length': String(stat.size) };
        if (stat.size === 0) return new Answer(200, headers, '');
        const bytes = handle.createReadStream({ end: stat.size - 1, highWaterMark: STREAM_BUFFER_BYTES });
        isSent = true;
        return new Answer(200, headers, bytes);
      }
      const lines = await lastLines(handle, stat.size, Math.min(call.query.lines, LIMITS.tailLines));
      return Answer.json({ fileType: `${path}: ASCII text`, lines });
    } finally {
      // A stream closes its file itself.
      if (!isSent) await handle.close();
    }
  });

/** The last lines of a file, without line ends, read from its end so that the size does not matter. */
async function lastLines(handle: FileHandle, size: number, count: number): Promise<string[]> {
  const blocks: Buffer[] = [];
  let position = size;
  let newlines = 0;
  // One newline more than lines: the one that ends the line before them.
  while (position > 0 && newlines <= count && size - position < LIMITS.tailBytes) {
    const length = Math.min(BLOCK_BYTES, position);
    position -= length;
    const block = Buffer.alloc(length);
    const { bytesRead } = await handle.read(block, 0, length, position);
    blocks.unshift(block.subarray(0, bytesRead));
    for (const byte of block) if (byte === NEWLINE) newlines++;
  }
  const lines = Buffer.concat(blocks).toString('utf8').split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines.slice(-count);
}
