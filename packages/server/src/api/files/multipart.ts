import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import { fileNameProblem } from '@quarry/contract';
import { HttpProblem } from '../../http/http-problems.ts';
import { LIMITS } from '../../limits.ts';
import { invalidFields, type Problem, refused } from '../../problems.ts';
import type { PartDisposition } from './content-disposition.ts';
import { HOW_TO_SEND, openParser } from './form-parser.ts';
import type { SentName } from './sent-name.ts';

/** A client that sends nothing for so long has gone without a word. */
const STALL_MILLISECONDS = 5 * 60_000;

export interface UploadForm<Received> {
  /** Base name of what the client called the file. */
  name: SentName;
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
 * bytes of the part `file` as they come. Rejects with a Problem for a body that is no upload, and with the
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
  const stopped = new AbortController();
  const signal = AbortSignal.any([options.signal, stopped.signal]);
  const done = Promise.withResolvers<void>();
  const stop = (reason: unknown) => {
    stopped.abort(reason);
    done.reject(reason);
  };
  let file: { name: SentName; receiving: Promise<Received> } | undefined;
  let typeId: string | undefined;
  const ignoredParts: string[] = [];

  const takeFile = ({ fileName, problem: unreadable }: PartDisposition, bytes: Readable) => {
    if (file !== undefined) {
      return stop(
        invalidFields({ file: ['Two files were submitted. Send each file in a request of its own.'] }),
      );
    }
    const name = fileName ?? { text: '', isGuessed: false };
    const problem = unreadable ?? fileNameProblem(name.text);
    if (problem !== null) {
      return stop(invalidFields({ file: [`The file has no usable name. ${problem}`] }));
    }
    const receiving = options.receive(oneByOne(bytes), signal);
    file = { name, receiving };
    receiving.catch(stop);
  };

  const parser = openParser(headers, {
    // Who names a file in a way that cannot be read still sends a file.
    isFile: ({ fileName, problem }) => fileName !== undefined || problem !== null,
    onFile(part, bytes) {
      // A part that ends too early is told by the parser as well.
      bytes.on('error', () => undefined);
      if (part.field === 'file') {
        takeFile(part, bytes);
      } else if (isTypeId(part.field)) {
        void readText(bytes).then((text) => {
          typeId = text;
        }, stop);
        return;
      } else {
        ignoredParts.push(part.field ?? '');
        bytes.resume();
      }
      if (signal.aborted) {
        bytes.resume();
      }
    },
    onField({ field }, value) {
      if (isTypeId(field)) {
        typeId = value.toString('utf8');
      } else if (field === 'file') {
        stop(
          invalidFields({ file: ['The submitted data was not a file. Give the part "file" a filename.'] }),
        );
      }
    },
    onTooMany: () => stop(tooManyParts()),
    onBroken: stop,
    onEnd: () => done.resolve(),
  });
  stream.on('error', stop);
  stream.on('close', () => {
    if (!stream.readableEnded) {
      stop(new Error('The client went away before the upload was complete.'));
    }
  });
  const onAbort = () => stop(options.signal.reason);
  options.signal.addEventListener('abort', onAbort, { once: true });
  if (options.signal.aborted) {
    onAbort();
  }
  let hasMoved = false;
  stream.on('data', () => {
    hasMoved = true;
  });
  const watch = setInterval(() => {
    if (!hasMoved) {
      stop(stalled());
    }
    hasMoved = false;
  }, options.stallMilliseconds ?? STALL_MILLISECONDS);
  stream.pipe(parser);

  try {
    await done.promise;
    if (file === undefined) {
      throw invalidFields({ file: ['No file was submitted.'], hint: HOW_TO_SEND });
    }
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
    if (!part.readableEnded) {
      failure ??= { error: new Error('A part of the form ended before its end.') };
    }
    onOver();
  });
  try {
    for (;;) {
      const chunk = gathered.shift();
      if (chunk !== undefined) {
        yield chunk;
        if (gathered.length === 0) {
          part.resume();
        }
      } else if (failure !== null) {
        throw (failure as { error: unknown }).error;
      } else if (isOver) {
        return;
      } else {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    }
  } finally {
    // Whoever leaves early leaves the rest to be dropped: the parser waits for its parts.
    part.resume();
  }
}

function tooManyParts(): Problem {
  return refused(`The form has more than ${LIMITS.multipartFields} parts.`, {
    code: 'too_many_parts',
    hint: 'Send one file per request, with typeId beside it if need be.',
  });
}

function stalled(): HttpProblem {
  return new HttpProblem(408, 'The upload stopped in the middle: nothing came for minutes.', {
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
  for await (const chunk of part as AsyncIterable<Buffer>) {
    if (text.length < 100) {
      text += chunk.toString('utf8', 0, 100);
    }
  }
  return text;
}
