/** A batch of small files: read whole, hashed, asked for, and sent in one request. */
import { hash } from 'node:crypto';
import { basename, resolve } from 'node:path';
import type { FileObject } from '@quarry/contract';
import { ApiError, IntegrityError } from '../../errors.ts';
import type { OnTransferEvent } from '../../lib/transfer-events.ts';
import { BULK_REQUEST_BYTES, BULK_REQUEST_FILES } from '../../limits.ts';
import type { Transport } from '../../transport.ts';
import { sha512Of } from '../checksum.ts';
import { type BulkEntry, sendBatch } from './bulk.ts';
import { adoptKnown } from './known.ts';
import type { SelectedFile } from './select-files.ts';
import { Source } from './source.ts';

export interface SmallFilesOptions {
  typeId: number | undefined;
  signal: AbortSignal;
  asksForKnown: boolean;
  onEvent: OnTransferEvent;
  onFile: (selected: SelectedFile, file: FileObject) => void;
  /** Throws when nothing may fail. */
  onFailure: (selected: SelectedFile, error: unknown) => void;
  /** For the files of a batch that the platform refuses as a whole. */
  sendAlone: (selected: SelectedFile) => Promise<void>;
}

interface SmallFile extends BulkEntry {
  selected: SelectedFile;
}

/** Neighbours that fit into one request. */
export function batchesOf(files: readonly SelectedFile[]): SelectedFile[][] {
  const batches: SelectedFile[][] = [];
  let bytes = 0;
  for (const file of files) {
    const last = batches.at(-1);
    if (last && last.length < BULK_REQUEST_FILES && bytes + file.sizeBytes <= BULK_REQUEST_BYTES) {
      last.push(file);
      bytes += file.sizeBytes;
    } else {
      batches.push([file]);
      bytes = file.sizeBytes;
    }
  }
  return batches;
}

export async function sendSmallFiles(
  transport: Transport,
  batch: readonly SelectedFile[],
  options: SmallFilesOptions,
): Promise<void> {
  const { signal, asksForKnown, onEvent, onFile, onFailure, sendAlone } = options;
  const read = await readAll(batch, options);
  const unknown = asksForKnown ? await withoutKnown(transport, read, options) : read;
  if (unknown.length === 0) {
    return;
  }
  for (const { selected, announced } of unknown) {
    onEvent({ type: 'start', path: selected.path, sizeBytes: announced.sizeBytes, resumedBytes: 0 });
  }
  let files: FileObject[];
  try {
    files = await sendBatch(transport, unknown, signal);
  } catch (error) {
    signal.throwIfAborted();
    // One of them may be at fault, or the platform's limits be narrower: each by itself is told what is wrong with it.
    if (error instanceof ApiError && (error.status === 400 || error.status === 413)) {
      for (const { selected } of unknown) {
        await sendAlone(selected);
      }
    } else {
      for (const { selected } of unknown) {
        onFailure(selected, error);
      }
    }
    return;
  }
  for (const [index, { selected, announced }] of unknown.entries()) {
    const file = files[index]!;
    const theirs = sha512Of(file);
    if (theirs !== null && theirs !== announced.sha512) {
      onFailure(selected, damaged(selected, file));
      continue;
    }
    const { path } = selected;
    const { sizeBytes, sha512 } = announced;
    onEvent({ type: 'progress', path, transferredBytes: sizeBytes, sizeBytes });
    onEvent({ type: 'done', path, sizeBytes, sha512 });
    onFile(selected, file);
  }
}

/** In order, one after the other: they are small, and other batches are on their way meanwhile. */
async function readAll(
  batch: readonly SelectedFile[],
  { typeId, signal, onFailure }: SmallFilesOptions,
): Promise<SmallFile[]> {
  const read: SmallFile[] = [];
  for (const selected of batch) {
    signal.throwIfAborted();
    try {
      await using source = await Source.open(selected.path);
      const { sizeBytes, executable, dateModified } = source.facts;
      const bytes = await source.readWhole();
      const announced = {
        name: basename(resolve(selected.path)),
        sizeBytes,
        sha512: hash('sha512', bytes),
        executable,
        dateModified,
        ...(typeId !== undefined && { typeId }),
      };
      read.push({ selected, bytes, announced });
    } catch (error) {
      onFailure(selected, error);
    }
  }
  return read;
}

async function withoutKnown(
  transport: Transport,
  files: readonly SmallFile[],
  { signal, onEvent, onFile }: SmallFilesOptions,
): Promise<SmallFile[]> {
  if (files.length === 0) {
    return [];
  }
  const answers = await adoptKnown(
    transport,
    files.map(({ announced }) => announced),
    signal,
  );
  return files.filter(({ selected, announced }, index) => {
    const file = answers[index]?.file;
    if (!file) {
      return true;
    }
    onEvent({ type: 'skip', path: selected.path, sizeBytes: announced.sizeBytes, reason: 'known' });
    onFile(selected, file);
    return false;
  });
}

function damaged({ path }: SelectedFile, file: FileObject): IntegrityError {
  return new IntegrityError(`${path} arrived as file ${file.id} with another SHA-512 than it has here.`, {
    hint: `Delete file ${file.id} and upload again; if it happens again, check memory and network of both machines.`,
  });
}
