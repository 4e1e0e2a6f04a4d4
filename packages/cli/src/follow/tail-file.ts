import { type FileEvent, QuarryError } from '@quarry/sdk';
import type { PlatformContext } from '../command.ts';
import type { Io } from '../io.ts';
import { formatBytes } from '../output/human.ts';
import { writeStream } from '../output/write-stream.ts';
import { splitLines } from './line-ends.ts';
import { findStoredFile, isGone, readEndOfStoredFile, TAIL_BYTES } from './log.ts';

export const DEFAULT_TAIL_LINES = 10;

export interface FileToTail {
  job: string;
  run: string;
  path: string;
  /** Lines from the end. */
  lines: number;
}

export interface FileTail {
  job: string;
  run: string;
  path: string;
  lines: string[];
}

/** The last lines of a file: from the work directory while the run executes, from the outputs afterwards. */
export async function readTail(
  { job, run, path, lines }: FileToTail,
  { sdk, io, signal }: Pick<PlatformContext, 'sdk' | 'io' | 'signal'>,
): Promise<FileTail> {
  try {
    return { job, run, path, lines: await sdk.jobs.tail(job, run, path, { lines, signal }) };
  } catch (error) {
    if (!isGone(error)) {
      throw error;
    }
    // Not executing, or not there: the stored file decides, and without one the platform's own words.
    const of = { sdk, jobId: job, runId: run, signal };
    const file = await findStoredFile(of, path);
    if (!file) {
      throw error;
    }
    const { bytes, isCut } = await readEndOfStoredFile(of, file, lines);
    if (isCut) {
      io.warn(
        `The last ${lines} lines are longer than ${formatBytes(TAIL_BYTES)}: what is shown begins in the middle.`,
      );
    }
    return { job, run, path, lines: splitLines(new TextDecoder().decode(bytes)) };
  }
}

/** Shows what `readTail` has found. */
export function presentTail({ lines }: FileTail, io: Io): void {
  io.writeBytes(Buffer.from(lines.map((line) => `${line}\n`).join('')));
}

/** Writes the last lines of a file and what is written to it, until the run has ended; with --json a line for each event. */
export async function followTail(
  { job, run, path, lines }: FileToTail,
  { sdk, io, signal }: Pick<PlatformContext, 'sdk' | 'io' | 'signal'>,
): Promise<void> {
  if (!(await sdk.transport.features({ signal })).has('follow-files')) {
    throw new QuarryError('This platform cannot follow files of runs.', {
      hint: `Its log can be followed: quarry jobs logs -f ${job} --run ${run}. Without -f the end of any file is shown.`,
    });
  }
  for await (const event of sdk.jobs.followFile(job, run, path, { lines, signal })) {
    if (io.json) {
      const lines = io.jsonLines(toJson(event)).map((line) => Buffer.from(`${line}\n`));
      await writeStream(lines, io, signal);
    } else if (event.type === 'data') {
      await writeStream([event.bytes], io, signal);
    } else if (event.type !== 'end') {
      io.note(event.message);
    } else if (event.sizeBytes === null) {
      io.note(`Run ${run} has ended, and has left no file "${path}".`);
    }
  }
}

/** An event as a line of `--json`; bytes that are no text by themselves, as in the middle of a character, as base64. */
function toJson(event: FileEvent): unknown {
  if (event.type !== 'data') {
    const { type, ...rest } = event;
    return { event: type, ...rest };
  }
  const { start, bytes } = event;
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    return { event: 'data', start, text };
  } catch {
    return { event: 'data', start, base64: Buffer.from(bytes).toString('base64') };
  }
}
