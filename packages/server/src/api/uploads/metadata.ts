import {
  FILE_TYPE,
  fileNameProblem,
  MAX_SEARCH_LENGTH,
  wireBoolean,
  wireDate,
  wireInteger,
  wireString,
} from '@quarry/contract';
import type { z } from 'zod';
import { type Instant, toInstant } from '../../clock.ts';
import { invalidFields } from '../../problems.ts';
import { decodeName, exactName } from '../files/sent-name.ts';

/** What `Upload-Metadata` says of an upload. */
export interface UploadMetadata {
  name: string;
  typeId: number;
  executable: boolean;
  dateModified: Instant | null;
  fingerprint: string | null;
  /** Null where the upload is sent as one. */
  partBytes: number | null;
}

/**
 * Reads the metadata of an upload, as parsed by the protocol and as sent. Clients call its name `filename` or `name`, and
 * add what they like besides, which is kept and not understood. Refuses with 400 by field.
 */
export function readMetadata(
  sent: Readonly<Record<string, string | null>>,
  raw: string,
  options: { needsName: boolean },
): UploadMetadata {
  const problems: Record<string, string[]> = {};
  const read = <Value>(field: string, schema: z.ZodType<Value>): Value | undefined => {
    const text = sent[field] ?? '';
    if (text === '') {
      return undefined;
    }
    const parsed = schema.safeParse(text);
    if (parsed.success) {
      return parsed.data;
    }
    problems[field] = parsed.error.issues.map(({ message }) => message);
    return undefined;
  };
  const { text, isGuessed } = decodeName(bytesOf(raw, sent.filename ? 'filename' : 'name'));
  const name = exactName(text);
  const problem = !options.needsName ? null : isGuessed ? 'It is not UTF-8.' : fileNameProblem(name);
  if (problem !== null) {
    problems.filename = [`The upload has no usable name. ${problem} Send it in Upload-Metadata, in Base64.`];
  }
  const dateModified = read('dateModified', wireDate());
  const metadata: UploadMetadata = {
    name,
    typeId: read('typeId', wireInteger({ min: 0 })) ?? FILE_TYPE.input,
    executable: read('executable', wireBoolean()) ?? false,
    dateModified: dateModified === undefined ? null : toInstant(dateModified),
    fingerprint: read('fingerprint', wireString({ max: MAX_SEARCH_LENGTH })) ?? null,
    partBytes: read('partBytes', wireInteger({ min: 1 })) ?? null,
  };
  if (Object.keys(problems).length > 0) {
    throw invalidFields(problems);
  }
  return metadata;
}

/** The bytes of a value, of which the protocol's own reader makes a text in any case. */
function bytesOf(raw: string, key: string): Buffer {
  const pair = raw.split(',').find((each) => each.split(' ')[0] === key);
  return Buffer.from(pair?.split(' ')[1] ?? '', 'base64');
}
