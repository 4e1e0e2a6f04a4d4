import { isUtf8 } from 'node:buffer';
import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import {
  announcedFile,
  findUnknownFields,
  MAX_BULK_FILES,
  toFieldErrors,
  wireList,
  wireObject,
} from '@quarry/contract';
import { bodyTimeout } from '../../http/http-problems.ts';
import { LIMITS } from '../../limits.ts';
import { invalidFields } from '../../problems.ts';
import type { Announced } from './announced.ts';
import { openParser } from './form-parser.ts';

/** Files in memory, with what was announced of each. */
export interface BulkForm {
  files: Array<{ announced: Announced; chunks: Uint8Array[] }>;
  /** What of the form has no effect, in words. */
  ignored: string[];
}

const SEND_ALONE = 'Send it alone, to files/contents/ or files/uploads/.';
const SEND_IN_PARTS = 'Send them in several requests.';
const HOW_TO_SEND =
  'Send a field "manifest", a JSON list of {name, sizeBytes}, and then a part "file" for each of them, in that order.';
/** Parts that are neither, which are ignored. */
const OTHER_PARTS = 10;

const manifestField = wireObject({
  manifest: wireList(announcedFile, { max: MAX_BULK_FILES, nonEmpty: true }),
});

/**
 * Reads the form of an upload of many files into memory. Rejects with a Problem that names what is wrong by position in
 * the manifest, and with the signal's reason when the client has gone. What is wrong with the manifest itself, and more
 * bytes than announced, are refused before the rest is read.
 */
export async function readBulkForm(
  stream: Readable,
  headers: IncomingHttpHeaders,
  signal: AbortSignal,
): Promise<BulkForm> {
  const done = Promise.withResolvers<void>();
  const stop = (reason: unknown) => done.reject(reason);
  let manifest: Manifest | undefined;
  const parts: Uint8Array[][] = [];
  const ignored: string[] = [];
  let totalBytes = 0;

  const takeFile = (part: Readable) => {
    const position = parts.length;
    const chunks: Uint8Array[] = [];
    parts.push(chunks);
    let sizeBytes = 0;
    part.on('data', (chunk: Buffer) => {
      sizeBytes += chunk.byteLength;
      totalBytes += chunk.byteLength;
      if (totalBytes > LIMITS.bulkBytes) {
        return stop(tooMuch());
      }
      if (sizeBytes > mostOf(manifest, position)) {
        return stop(tooLong(manifest, position));
      }
      chunks.push(chunk);
    });
  };
  const parser = openParser(headers, {
    isFile: ({ field }) => field !== 'manifest',
    limits: {
      fieldSize: LIMITS.bulkManifestBytes,
      fields: OTHER_PARTS,
      parts: MAX_BULK_FILES + OTHER_PARTS,
    },
    onFile({ field }, bytes) {
      bytes.on('error', () => undefined);
      if (field === 'file') {
        return takeFile(bytes);
      }
      ignored.push(field ?? '');
      bytes.resume();
    },
    onField(_part, value, isCut) {
      try {
        manifest = parseManifest(value, isCut);
      } catch (error) {
        stop(error);
      }
    },
    onTooMany: () => stop(wrong(`The form has more than ${MAX_BULK_FILES} files. ${SEND_IN_PARTS}`)),
    onBroken: stop,
    onEnd: () => done.resolve(),
  });
  stream.on('error', stop);
  stream.on('close', () => {
    if (!stream.readableEnded) {
      stop(new Error('The client went away before the upload was complete.'));
    }
  });
  const onAbort = () => stop(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) {
    onAbort();
  }
  const timer = setTimeout(() => stop(bodyTimeout(LIMITS.bulkSeconds)), LIMITS.bulkSeconds * 1000);
  stream.pipe(parser);
  try {
    await done.promise;
    if (manifest === undefined) {
      throw invalidFields({ manifest: ['This field is required.'], hint: HOW_TO_SEND });
    }
    const files = join(manifest.files, parts);
    const more =
      ignored.length > 0 ? [`Only the parts "file" are kept; ignored: ${ignored.join(', ')}.`] : [];
    return { files, ignored: [...manifest.ignored, ...more] };
  } finally {
    stream.unpipe(parser);
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
  }
}

interface Manifest {
  files: Announced[];
  ignored: string[];
}

function parseManifest(bytes: Buffer, isCut: boolean): Manifest {
  if (isCut) {
    throw wrong(`The manifest is larger than ${LIMITS.bulkManifestBytes} bytes. ${SEND_IN_PARTS}`);
  }
  if (!isUtf8(bytes)) {
    throw wrong(`The manifest is not UTF-8. ${HOW_TO_SEND}`);
  }
  let sent: { manifest: unknown };
  try {
    sent = { manifest: JSON.parse(bytes.toString('utf8')) };
  } catch (cause) {
    throw wrong(`The manifest is not JSON: ${(cause as Error).message}. ${HOW_TO_SEND}`);
  }
  const parsed = manifestField.safeParse(sent);
  if (!parsed.success) {
    throw invalidFields(toFieldErrors(parsed.error.issues));
  }
  const files = parsed.data.manifest;
  refuseWhere(files, ({ sizeBytes }) =>
    sizeBytes > LIMITS.bulkFileBytes
      ? { sizeBytes: [`A file among many has at most ${LIMITS.bulkFileBytes} bytes. ${SEND_ALONE}`] }
      : null,
  );
  if (files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) > LIMITS.bulkBytes) {
    throw tooMuch();
  }
  const ignored = findUnknownFields(manifestField, sent).map(
    (field) => `The field ${field} is unknown here and was ignored.`,
  );
  return { files, ignored };
}

/** Each announced file with its bytes; refuses when they are not as many as announced. */
function join(files: readonly Announced[], parts: readonly Uint8Array[][]): BulkForm['files'] {
  if (files.length !== parts.length) {
    throw invalidFields({
      file: [`The manifest announces ${files.length} files, and ${parts.length} were sent. ${HOW_TO_SEND}`],
    });
  }
  const joined = files.map((announced, position) => ({ announced, chunks: parts[position]! }));
  refuseWhere(joined, ({ announced, chunks }) => {
    const sizeBytes = chunks.reduce((sum, { byteLength }) => sum + byteLength, 0);
    return sizeBytes === announced.sizeBytes
      ? null
      : { sizeBytes: [`The part has ${sizeBytes} bytes where ${announced.sizeBytes} were announced.`] };
  });
  return joined;
}

/** Refuses with the problems of all items by their position in the manifest, if there are any. */
export function refuseWhere<Item>(
  items: readonly Item[],
  problemOf: (item: Item, position: number) => Record<string, string[]> | null,
): void {
  const problems = items.map(problemOf);
  const last = problems.findLastIndex((problem) => problem !== null);
  if (last >= 0) {
    throw invalidFields({ manifest: problems.slice(0, last + 1).map((problem) => problem ?? {}) });
  }
}

function mostOf(manifest: Manifest | undefined, position: number): number {
  return manifest?.files[position]?.sizeBytes ?? LIMITS.bulkFileBytes;
}

function tooLong(manifest: Manifest | undefined, position: number) {
  const announced = manifest?.files[position]?.sizeBytes;
  const problem =
    announced === undefined
      ? `The part has more than ${LIMITS.bulkFileBytes} bytes, the most of a file among many. ${SEND_ALONE}`
      : `The part has more bytes than the ${announced} announced.`;
  return invalidFields({
    manifest: Array.from({ length: position + 1 }, (_, at) =>
      at === position ? { sizeBytes: [problem] } : {},
    ),
  });
}

function tooMuch() {
  return wrong(`The files of one request have at most ${LIMITS.bulkBytes} bytes together. ${SEND_IN_PARTS}`);
}

function wrong(problem: string) {
  return invalidFields({ manifest: [problem] });
}
