import type { Failure, JobOutcome } from '@quarry/contract';
import { fillPath, formatQuery } from '../path.ts';
import type { Transport } from '../transport.ts';
import type { ServerSentEvent } from './event-stream.ts';
import { eventData, resumedEvents } from './resumed-events.ts';

/** What is told of a file that is followed; `end` comes last. */
export type FileEvent =
  /** Further bytes of the file, of which the first is at `start`. */
  | { type: 'data'; start: number; bytes: Uint8Array<ArrayBuffer> }
  /** There is no file yet, or no run that executes, and why; it is waited for. */
  | { type: 'waiting'; code: string; message: string }
  /** The file was truncated or replaced: what it holds now follows from its first byte. */
  | { type: 'restart'; reason: 'truncated' | 'replaced'; message: string }
  /** How the run has ended, and the size of the file in bytes; null when it has left none. */
  | {
      type: 'end';
      outcome: JobOutcome;
      failure: Failure | null;
      exitCode: number | null;
      sizeBytes: number | null;
    };

export interface FollowFileOptions {
  signal?: AbortSignal;
  /** The byte to begin with, from 0. */
  offset?: number;
  /** Begins so many lines before the end of what there is; counts where `offset` is absent. */
  lines?: number;
}

export interface FollowedFile {
  jobId: string;
  runId: string;
  path: string;
}

/** What is written to a file of a run, from one connection to the next. */
export async function* followFile(
  transport: Transport,
  { jobId, runId, path: file }: FollowedFile,
  { signal, offset, lines }: FollowFileOptions = {},
): AsyncGenerator<FileEvent, void, undefined> {
  const path =
    fillPath('/api/v2/jobs/:jobId/runs/:runId/tail/*', { jobId, runId, '*': file }) +
    formatQuery({ follow: 1, offset, lines });
  let waitsFor = '';
  for await (const event of resumedEvents(transport, path, { signal })) {
    const typed = typedEvent(event);
    // A new connection tells again what it waits for.
    if (typed === null || (typed.type === 'waiting' && event.data === waitsFor)) {
      continue;
    }
    waitsFor = typed.type === 'waiting' ? event.data : '';
    yield typed;
    if (typed.type === 'end') {
      return;
    }
  }
}

/** Null for what a later server may tell. */
function typedEvent(event: ServerSentEvent): FileEvent | null {
  const { type } = event;
  if (type !== 'data' && type !== 'waiting' && type !== 'restart' && type !== 'end') {
    return null;
  }
  const value = eventData(event);
  if (type !== 'data') {
    return { type, ...(value as object) } as FileEvent;
  }
  const { start, text, base64 } = value as { start: number; text?: string; base64?: string };
  const bytes = text === undefined ? fromBase64(base64 ?? '') : new TextEncoder().encode(text);
  return { type, start, bytes };
}

function fromBase64(base64: string): Uint8Array<ArrayBuffer> {
  const binary = atob(base64);
  const bytes = new Uint8Array(binary.length);
  for (let index = 0; index < binary.length; index++) {
    bytes[index] = binary.charCodeAt(index);
  }
  return bytes;
}
