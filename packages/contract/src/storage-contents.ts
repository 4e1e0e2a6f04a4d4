/** What lies on storage devices, beside the jobs that have them. */
import { z } from 'zod';
import { endpoint } from './endpoint.ts';
import { MAX_BULK_FILES, MAX_RELATIVE_PATH_LENGTH } from './limits.ts';
import { page, pageAliases, pageFields } from './pagination.ts';
import { beginsTask } from './tasks.ts';
import { wireId, wireList, wireObject, wireQuery, wireReference, wireString, wireTimestamp } from './wire.ts';

const shared = { versions: ['v2', 'v3'], tag: 'Storage devices', access: 'user', extension: true } as const;

/** Something in a directory of a storage device. */
export const storageEntry = z
  .strictObject({
    /** Its name; one that is no UTF-8 is `%bytes=` and its bytes. */
    name: z.string(),
    /** Its path on the device. */
    path: z.string(),
    /** What it is; a link is the link itself. */
    type: z.enum(['file', 'directory', 'link', 'other']),
    /** Length of a file in bytes. */
    sizeBytes: z.int().nonnegative(),
    /** When it was changed last. */
    dateModified: wireTimestamp,
  })
  .meta({ id: 'StorageEntry' });
export type StorageEntry = z.output<typeof storageEntry>;

/** A file that was put onto a storage device. */
export const storedEntry = z
  .strictObject({
    /** Its path on the device. */
    path: z.string(),
    /** Its length in bytes. */
    sizeBytes: z.int().nonnegative(),
    /** SHA-512 of its bytes, hex; absent where an earlier version has answered. */
    sha512: z.string().optional(),
  })
  .meta({ id: 'StoredEntry' });
export type StoredEntry = z.output<typeof storedEntry>;

const deviceParams = z.object({
  /** Id of the storage device. */
  deviceId: z.string(),
});

const entryParams = z.object({
  /** Id of the storage device. */
  deviceId: z.string(),
  /** Path on the device; its slashes may be sent as they are or as `%2F`. */
  '*': z.string(),
});

export const listStorageEntries = endpoint({
  ...shared,
  method: 'GET',
  path: '/api/v2/storage-devices/:deviceId/directory-contents/',
  summary: 'What is in a directory of a storage device, by name',
  description:
    'Links inside of the device are followed on the way to the directory; what leads out of it is not there. Of very large directories a part is listed, and `warnings` say so.',
  params: deviceParams,
  query: wireQuery(
    {
      ...pageFields,
      /** Path of the directory; the device itself when absent. */
      path: wireString({ max: MAX_RELATIVE_PATH_LENGTH, trim: false }).optional(),
    },
    { aliases: pageAliases },
  ),
  status: 200,
  response: page(storageEntry),
});

export const readStorageFile = endpoint({
  ...shared,
  method: 'GET',
  path: '/api/v2/storage-devices/:deviceId/contents/*',
  summary: 'The bytes of a file on a storage device',
  description:
    'Whole or a range, as they are now: jobs may change the file while it is sent. `ETag` is new whenever its size or time is.',
  params: entryParams,
  headers: z.object({
    /** `bytes=<first>-<last>`, `bytes=<first>-` or `bytes=-<length>`: one range, of bytes only. */
    Range: z.string().optional(),
    /** `sha-512=1` asks for the header `Content-Digest` (RFC 9530): of what is sent, a whole file or a range, up to 64 MiB. */
    'Want-Content-Digest': z.string().optional(),
  }),
  status: 200,
  responseKind: 'bytes',
  acceptsRanges: true,
});

export const writeStorageFile = endpoint({
  ...shared,
  method: 'PUT',
  path: '/api/v2/storage-devices/:deviceId/contents/*',
  summary: 'Put a file onto a storage device',
  description:
    'The body is the bytes of the file. It has its name when it is whole and durable, in place of a file of that name; directories above it are made. What does not fit into the size of the device is refused with 400 (`storage_device_full`).',
  params: entryParams,
  headers: z.object({
    /** `sha-512=:BASE64:` (RFC 9530): what has another digest when it has arrived is refused with 400 (`digest_mismatch`). */
    'Repr-Digest': z.string().optional(),
  }),
  bodyKind: 'bytes',
  status: 201,
  refusals: ['BadRequest', 'Conflict'],
  response: storedEntry,
});

export const deleteStorageEntry = endpoint({
  ...shared,
  method: 'DELETE',
  path: '/api/v2/storage-devices/:deviceId/contents/*',
  summary: 'Remove a file or a directory with all in it from a storage device',
  description: 'A link is removed itself. Jobs see nothing of it any more when this is answered.',
  params: entryParams,
  status: 204,
});

export const makeStorageDirectory = endpoint({
  ...shared,
  method: 'POST',
  path: '/api/v2/storage-devices/:deviceId/directories/',
  summary: 'Make a directory on a storage device, and those above it',
  description: 'One that is there already stays as it is.',
  params: deviceParams,
  body: wireObject({
    /** Its path on the device. */
    path: wireString({ max: MAX_RELATIVE_PATH_LENGTH, blank: false, trim: false }),
  }),
  status: 201,
  refusals: ['Conflict'],
  response: z
    .strictObject({
      /** Its path on the device. */
      path: z.string(),
    })
    .meta({ id: 'StorageDirectory', description: 'A directory on a storage device.' }),
});

const storedFiles = wireObject(
  {
    /** The stored files. */
    files: wireList(
      wireObject(
        {
          /** Id of the file. */
          id: wireReference(),
        },
        { ignored: ['name'] },
      ),
      { max: MAX_BULK_FILES, nonEmpty: true },
    ),
    /** Directory on the device; the device itself when absent. */
    outputDir: wireString({ max: MAX_RELATIVE_PATH_LENGTH, trim: false }).default(''),
  },
  { aliases: { output_dir: 'outputDir' } },
);

export const copyToStorage = endpoint({
  ...shared,
  extension: false,
  method: 'POST',
  path: '/api/v2/storage-devices/:deviceId/file-downloads/',
  summary: 'Copy stored files onto a storage device',
  description:
    'Under their names into a directory, which is made, in place of files of these names. All of them are brought before the first gets its name there. Files that you may not read are refused by their place in the list.',
  params: deviceParams,
  body: storedFiles,
  status: 200,
  refusals: ['Conflict'],
  response: z
    .strictObject({
      /** What lies on the device now, in the order of the request. */
      files: z.array(
        z.strictObject({
          /** Id of the stored file. */
          id: wireId,
          /** Its path on the device. */
          path: z.string(),
          /** Its length in bytes. */
          sizeBytes: z.int().nonnegative(),
        }),
      ),
    })
    .meta({ id: 'StorageCopies', description: 'Stored files that were copied onto a storage device.' }),
});

export const createStorageCopyTask = endpoint({
  ...beginsTask,
  path: '/api/v2/storage-devices/:deviceId/file-downloads/task/',
  summary: 'Begin to copy stored files onto a storage device',
  description:
    'A task: see `tasks/{id}/`. It does what `file-downloads/` does while that is waited for: the files get their names on the device when all of them are there. Its `result` has `files`.',
  refusals: ['TooManyRequests'],
  params: deviceParams,
  body: storedFiles,
});
