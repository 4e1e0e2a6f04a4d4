import type { EventEmitter } from 'node:events';
import type { IncomingHttpHeaders } from 'node:http';
import type { Readable, Writable } from 'node:stream';
import { Busboy, type BusboyInstance } from '@fastify/busboy';
import { unsupportedMediaType } from '../../http/http-problems.ts';
import { LIMITS } from '../../limits.ts';
import { type Problem, refused } from '../../problems.ts';
import { type PartDisposition, parseDisposition } from './content-disposition.ts';

/** How much of a part is buffered ahead of the disk; small buffers stop and go with every chunk of the network. */
const PART_BUFFER_BYTES = 512 * 1024;
/** Part headers hold a file name and little else. */
const PART_HEADER_BYTES = 16 * 1024;

export const HOW_TO_SEND = 'Send the file as the part "file" of a multipart/form-data body.';

export interface FormHandlers {
  /** Whether the bytes of a part are wanted as they come; those of others are collected as a text. */
  isFile(part: PartDisposition): boolean;
  onFile(part: PartDisposition, bytes: Readable): void;
  /** `isCut` says that the field was longer than may be. */
  onField(part: PartDisposition, value: Buffer, isCut: boolean): void;
  onTooMany(): void;
  onBroken(refusal: Problem): void;
  onEnd(): void;
  limits?: { fieldSize?: number; fields?: number; parts?: number };
}

type PartHeader = Record<string, string[] | undefined>;

/** A parser to be given the body of a request; refuses one that is not multipart/form-data. */
export function openParser(headers: IncomingHttpHeaders, handlers: FormHandlers): Writable {
  const contentType = headers['content-type'] ?? '';
  if (!/^multipart\/form-data/i.test(contentType)) {
    throw unsupportedMediaType(
      contentType.split(';')[0]!,
      'multipart/form-data, with the file in the part "file"',
    );
  }
  const parts: PartDisposition[] = [];
  const partOf = (index: string | undefined) => parts[Number(index)]!;
  let parser: BusboyInstance;
  try {
    parser = new Busboy({
      headers: { ...headers, 'content-type': contentType },
      isPartAFile: (index) => handlers.isFile(partOf(index)),
      defCharset: 'latin1',
      fileHwm: PART_BUFFER_BYTES,
      highWaterMark: PART_BUFFER_BYTES,
      limits: {
        fieldSize: LIMITS.multipartFieldBytes,
        fields: LIMITS.multipartFields,
        parts: LIMITS.multipartFields,
        headerSize: PART_HEADER_BYTES,
        ...handlers.limits,
      },
    });
  } catch (cause) {
    throw brokenBody(cause);
  }
  headersOf(parser, (header) => {
    const sent = header['content-disposition']?.[0];
    const part = sent === undefined ? null : parseDisposition(sent);
    // Busboy replaces what is not UTF-8 and prefers `filename`: it gets a number to tell the part by, and decodes nothing.
    header['content-disposition'] = part === null ? undefined : [`form-data; name="${parts.length}"`];
    header['content-type'] = ['text/plain'];
    if (part !== null) {
      parts.push(part);
    }
  });
  parser.on('file', (index, bytes) => handlers.onFile(partOf(index), bytes));
  parser.on('field', (index, value, _nameCut, isCut) =>
    handlers.onField(partOf(index), Buffer.from(value, 'latin1'), isCut),
  );
  for (const event of ['partsLimit', 'fieldsLimit', 'filesLimit'] as const) {
    parser.on(event, handlers.onTooMany);
  }
  parser.on('error', (cause) => handlers.onBroken(brokenBody(cause)));
  parser.on('finish', handlers.onEnd);
  return parser;
}

/** Calls `take` with the header of each part as it came, before Busboy reads it; it offers no way to see them. */
function headersOf(parser: BusboyInstance, take: (header: PartHeader) => void): void {
  const inside = parser as unknown as { _parser: { parser: EventEmitter } };
  inside._parser.parser.prependListener('part', (part: EventEmitter) => part.prependListener('header', take));
}

function brokenBody(cause: unknown): Problem {
  return refused(`Multipart form parse error - ${(cause as Error).message}.`, {
    code: 'parse_error',
    hint: `${HOW_TO_SEND} The header Content-Type must name the boundary that the body uses.`,
    cause,
  });
}
