import { type announcedFile, FILE_TYPE } from '@quarry/contract';
import type { z } from 'zod';
import { toInstant } from '../../clock.ts';
import type { NewFile } from '../../db/queries/files-insert.ts';

/** What a client tells of a file that is to be, checked. */
export type Announced = z.output<typeof announcedFile>;

/** The row of an announced file. */
export function newFileOf(announced: Announced, sha512: string, ownerId: string): NewFile {
  const { name, sizeBytes, typeId = FILE_TYPE.input, executable = false, dateModified } = announced;
  return {
    ownerId,
    name,
    typeId,
    sha512,
    sizeBytes,
    executable,
    dateModified: dateModified === undefined ? null : toInstant(dateModified),
  };
}
