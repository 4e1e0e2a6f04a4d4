import {
  fileNameProblem,
  MAX_SEARCH_LENGTH,
  wireBoolean,
  wireDate,
  wireInteger,
  wireString,
} from '@quarry/contract';
import type { z } from 'zod';
import { type Instant, toInstant } from '../../clock.ts';
import { invalidFields } from '../../errors.ts';
import { baseName } from '../files/multipart.ts';

const INPUT_FILE = 1;

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
 * Reads the metadata of an upload. Clients call its name `filename` or `name`, and add what they like besides, which is
 * kept and not understood. Refuses with 400 by field.
 */
export function readMetadata(
  sent: Readonly<Record<string, string | null>>,
  options: { needsName: boolean },
): UploadMetadata {
  const problems: Record<string, string[]> = {};
  const read = <Value>(field: string, schema: z.ZodType<Value>): Value | undefined => {
    const text = sent[field] ?? '';
    if (text === '') return undefined;
    const parsed = schema.safeParse(text);
    if (parsed.success) return parsed.data;
    problems[field] = parsed.error.issues.map(({ message }) => message);
    return undefined;
  };
  const name = baseName(sent.filename || sent.name || '');
  const problem = options.needsName ? fileNameProblem(name) : null;
  if (problem !== null) {
    problems.filename = [`The upload has no usable name. ${problem} Send it in Upload-Metadata, in Base64.`];
  }
  const dateModified = read('dateModified', wireDate());
  const metadata: UploadMetadata = {
    name,
    typeId: read('typeId', wireInteger({ min: 0 })) ?? INPUT_FILE,
    executable: read('executable', wireBoolean()) ?? false,
    dateModified: dateModified === undefined ? null : toInstant(dateModified),
    fingerprint: read('fingerprint', wireString({ max: MAX_SEARCH_LENGTH })) ?? null,
    partBytes: read('partBytes', wireInteger({ min: 1 })) ?? null,
  };
  if (Object.keys(problems).length > 0) throw invalidFields(problems);
  return metadata;
}
