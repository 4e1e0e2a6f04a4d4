import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import { Busboy } from '@fastify/busboy';
import { fileNameProblem } from '@quarry/contract';
import { badRequest, invalidFields, Refusal, unsupportedMediaType } from '../../errors.ts';
import { LIMITS } from '../../limits.ts';

/** How much of a part is buffered ahead of the disk; small buffers stop and go with every chunk of the network. */
const PART_BUFFER_BYTES = 512 * 1024;
/** A client that sends nothing for so long has gone without a word. */
const STALL_MILLISECONDS = 5 * 60_000;
/** Part headers hold a file name and little else. */
const PART_HEADER_BYTES = 16 * 1024;
const HOW_TO_SEND = 'Send the file as the part "file" of a multipart/form-data body.';

export interface UploadForm<Received> {
  /** Base name of what the client called the file. */
  name: string;
  /** What `receive` made of the part's bytes. */
  received: Received;
  /** As sent, since it may come after the file. */
  typeId: string | undefined;
  /** Names of further parts that carried files, whose bytes were read and dropped. */
  ignoredParts: string[];
}

/**
 * Reads the multipart body of an upload the way real clients write it: parts in any order, `typeId` as a field
 * or as a file part of its own, file names with directories, any Content-Type on the parts. `receive` gets the
 * bytes of the part `file` as they come. Rejects with a Refusal for a body that is no upload, and with the
 * signal's reason when the client has gone; what `receive` resolved to is then passed to `discard`.
 */
export async function readUploadForm<Received>(
  stream: Readable,
  headers: IncomingHttpHeaders,
  options: {
    signal: AbortSignal;
    receive(bytes: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<Received>;
    discard(received: Received): Promise<void>;
    stallMilliseconds?: number;
  },
): Promise<UploadForm<Received>> {
  const parser = openParser(headers);
  const stopped = new AbortController();
  const signal = AbortSignal.any([options.signal, stopped.signal]);
  const done = Promise.withResolvers<void>();
  const stop = (reason: unknown) => {
    stopped.abort(reason);
    done.reject(reason);
  };
  let file: { name: string; receiving: Promise<Received> } | undefined;
  let typeId: string | undefined;
  const ignoredParts: string[] = [];

  const takeFile = (part: Readable, sentName: string | undefined) => {
    if (file !== undefined) {
      return stop(
        invalidFields({ file: ['Two files were submitted. Send each file in a request of its own.'] }),
      );
    }
    const name = baseName(sentName ?? '');
    const problem = fileNameProblem(name);
    if (problem !== null) return stop(invalidFields({ file: [`The file has no usable name. ${problem}`] }));
    const receiving = options.receive(oneByOne(part), signal);
    file = { name, receiving };
    receiving.catch(stop);
  };

  parser.on('file', (field, part, sentName) => {
    // A part that ends too early is told by the parser as well.
    part.on('error', () => undefined);
    if (field === 'file') takeFile(part, sentName);
    else if (isTypeId(field)) {
      void readText(part).then((text) => {
        typeId = text;
      }, stop);
      return;
    } else {
      ignoredParts.push(field ?? '');
      part.resume();
    }
    if (signal.aborted) part.resume();
  });
  parser.on('field', (field, value) => {
    if (isTypeId(field)) typeId = value;
    else if (field === 'file') {
      stop(invalidFields({ file: ['The submitted data was not a file. Give the part "file" a filename.'] }));
    }
  });
  for (const event of ['partsLimit', 'fieldsLimit', 'filesLimit'] as const) {
    parser.on(event, () => stop(tooManyParts()));
  }
  parser.on('error', (cause: Error) => stop(brokenBody(cause)));
  parser.on('finish', () => done.resolve());
  stream.on('error', stop);
  stream.on('close', () => {
    if (!stream.readableEnded) stop(new Error('The client went away before the upload was complete.'));
  });
  const onAbort = () => stop(options.signal.reason);
  options.signal.addEventListener('abort', onAbort, { once: true });
  if (options.signal.aborted) onAbort();
  let hasMoved = false;
  stream.on('data', () => {
    hasMoved = true;
  });
  const watch = setInterval(() => {
    if (!hasMoved) stop(stalled());
    hasMoved = false;
  }, options.stallMilliseconds ?? STALL_MILLISECONDS);
  stream.pipe(parser);

  try {
    await done.promise;
    if (file === undefined) throw invalidFields({ file: ['No file was submitted.'], hint: HOW_TO_SEND });
    return { name: file.name, received: await file.receiving, typeId, ignoredParts };
  } catch (error) {
    stream.unpipe(parser);
    stopped.abort(error);
    await file?.receiving.then(options.discard, () => undefined);
    throw error;
  } finally {
    clearInterval(watch);
    options.signal.removeEventListener('abort', onAbort);
  }
}

/** The chunks of a part as they were cut; iterated over, a stream joins what has gathered into a copy. */
async function* oneByOne(part: Readable): AsyncGenerator<Uint8Array> {
  const gathered: Uint8Array[] = [];
  let wake = () => {};
  let failure: { error: unknown } | null = null;
  let isOver = false;
  const onOver = () => {
    isOver = true;
    wake();
  };
  part.on('data', (chunk: Uint8Array) => {
    gathered.push(chunk);
    part.pause();
    wake();
  });
  part.once('end', onOver);
  part.once('error', (error) => {
    failure ??= { error };
    onOver();
  });
  part.once('close', () => {
    if (!part.readableEnded) failure ??= { error: new Error('A part of the form ended before its end.') };
    onOver();
  });
  try {
    for (;;) {
      const chunk = gathered.shift();
      if (chunk !== undefined) {
        yield chunk;
        if (gathered.length === 0) part.resume();
      } else if (failure !== null) throw (failure as { error: unknown }).error;
      else if (isOver) return;
      else
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
    }
  } finally {
    // Whoever leaves early leaves the rest to be dropped: the parser waits for its parts.
    part.resume();
  }
}

/** A parser of the body of a request; refuses one that is not multipart/form-data. */
export function openParser(
  headers: IncomingHttpHeaders,
  options: {
    isPartAFile?: (
      field: string | undefined,
      type: string | undefined,
      fileName: string | undefined,
    ) => boolean;
    limits?: { fieldSize?: number; fields?: number; parts?: number };
  } = {},
) {
  const contentType = headers['content-type'] ?? '';
  if (!/^multipart\/form-data/i.test(contentType)) {
    throw unsupportedMediaType(
      contentType.split(';')[0]!,
      'multipart/form-data, with the file in the part "file"',
    );
  }
  try {
    return new Busboy({
      headers: { ...headers, 'content-type': contentType },
      preservePath: true,
      isPartAFile: options.isPartAFile ?? ((_field, _type, fileName) => fileName !== undefined),
      fileHwm: PART_BUFFER_BYTES,
      highWaterMark: PART_BUFFER_BYTES,
      limits: {
        fieldSize: LIMITS.multipartFieldBytes,
        fields: LIMITS.multipartFields,
        parts: LIMITS.multipartFields,
        headerSize: PART_HEADER_BYTES,
        ...options.limits,
      },
    });
  } catch (cause) {
    throw brokenBody(cause);
  }
}

/** The refusal of a body that the parser cannot read. */
export function brokenBody(cause: unknown): Refusal {
  return badRequest(`Multipart form parse error - ${(cause as Error).message}.`, {
    code: 'parse_error',
    hint: `${HOW_TO_SEND} The header Content-Type must name the boundary that the body uses.`,
    cause,
  });
}

function tooManyParts(): Refusal {
  return badRequest(`The form has more than ${LIMITS.multipartFields} parts.`, {
    code: 'too_many_parts',
    hint: 'Send one file per request, with typeId beside it if need be.',
  });
}

function stalled(): Refusal {
  return new Refusal(408, {
    detail: 'The upload stopped in the middle: nothing came for minutes.',
    code: 'upload_stalled',
    hint: 'Nothing of it was kept. Send the file again.',
  });
}

function isTypeId(field: string | undefined): boolean {
  return field === 'typeId' || field === 'type_id';
}

/** The start of a short text; the rest of a long one is read and dropped. */
async function readText(part: Readable): Promise<string> {
  let text = '';
  for await (const chunk of part as AsyncIterable<Buffer>)
    if (text.length < 100) text += chunk.toString('utf8', 0, 100);
  return text;
}

/**
 * The last component of what a client calls the file, which may be a path of its own system. Browsers and
 * HTTP libraries write a quotation mark and line breaks in percent signs, and nothing else.
 */
export function baseName(sent: string): string {
  const decoded = sent.replace(/%(22|0A|0D)/gi, (_, code: string) =>
    String.fromCharCode(Number.parseInt(code, 16)),
  );
  return decoded.split(/[/\\]/).at(-1)!;
}
