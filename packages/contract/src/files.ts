import { z } from 'zod';
import { endpoint } from './endpoint.ts';
import { MAX_SEARCH_LENGTH } from './limits.ts';
import { page, pageAliases, pageFields } from './pagination.ts';
import { storage } from './users.ts';
import {
  toSnakeCase,
  wireBoolean,
  wireBytes,
  wireChoice,
  wireDate,
  wireFileName,
  wireId,
  wireInteger,
  wireObject,
  wireQuery,
  wireReferenceOrNull,
  wireString,
  wireTimestamp,
} from './wire.ts';

/** Meanings of `typeId`; the platform has no 6, and other integers are accepted. */
export const FILE_TYPE = {
  input: 1,
  template: 2,
  parameter: 3,
  script: 4,
  output: 5,
  designVariable: 7,
  case: 8,
  optimizer: 9,
  temporary: 10,
  checkpointArchive: 11,
  snapshot: 12,
} as const;

/** A digest of what a file holds. */
export const fileChecksum = z
  .strictObject({
    /** Name of the hash function, such as `sha512`. */
    hashFunction: z.string(),
    /** The digest in lowercase hexadecimal. */
    fileHash: z.string(),
  })
  .meta({ id: 'FileChecksum' });

export const fileFields = {
  /** Id of the file. */
  id: wireId,
  /** Its name, the last part of its path. */
  name: z.string(),
  /**
   * 1 input, 2 template, 3 parameter file, 4 script, 5 output, 7 design variables, 8 case file, 9 optimizer,
   * 10 temporary, 11 archive of a checkpoint, 12 snapshot.
   */
  typeId: z.int(),
  /** E-mail address of the owner. */
  owner: z.string(),
  /** When it was uploaded, or became an output. */
  dateUploaded: wireTimestamp,
  /** Where the platform keeps it; `…/output/job_<id>/run<n>/<relativePath>` for outputs. */
  path: z.string(),
  /** Its path relative to the work directory of its run; the name for inputs. */
  relativePath: z.string(),
  /** Size in bytes. */
  decryptedSize: z.int().nonnegative(),
  /** Absolute address of its bytes, under the host that the client used; takes the same key. */
  downloadUrl: z.url(),
  /** Only for clients that need one: bytes are sent and kept as they are. Empty with `include_keys=0`. */
  encodedEncryptionKey: z.string(),
  /** Whether all its bytes are there; always true here, where a file exists once it is whole. */
  isUploaded: z.boolean(),
  /** Whether it was deleted. */
  isDeleted: z.boolean(),
  /** Whether browsers may show it; always false here. */
  viewInBrowser: z.boolean(),
  /** E-mail addresses of the users that it is shared with; always empty here. */
  sharedWith: z.array(z.string()),
  /** Digests of its bytes, SHA-512 first. */
  fileChecksums: z.array(fileChecksum),
  /** MD5 of its bytes in lowercase hexadecimal; never sent here. */
  md5: z.string().nullable().optional(),
  /** What the bytes lie in; null where the platform does not tell. */
  storage: storage.nullable(),
  /** Where in that storage they lie; null where the platform does not tell. */
  pathParts: z
    .strictObject({
      /** The bucket or container. */
      container: z.string(),
      /** The path in it. */
      path: z.string(),
    })
    .nullable(),
  /** Initialisation vector of encrypted bytes; always null here. */
  iv: z.string().nullable(),
  /** Whether it may be executed where it came from. Not part of the original API. */
  executable: z.boolean().optional(),
  /** When its content changed last where it came from; null where nobody told. Not part of the original API. */
  dateModified: wireTimestamp.nullable().optional(),
  /** Whether it is output of a run that was cut off by the end of its agent, as it stood then. Not part of the original API. */
  isUnfinished: z.boolean().optional(),
  /** Tags that users gave it; always empty here. */
  userTags: z.array(
    z.strictObject({
      /** The tag as it was written. */
      name: z.string(),
      /** The tag in lower case, by which tags are compared. */
      normalizedName: z.string(),
    }),
  ),
  /** The jobs that use it; there with `include_jobs=1` only. */
  jobs: z
    .strictObject({
      /** One entry for each job. */
      results: z.array(
        z.strictObject({
          /** Id of the job. */
          id: wireId,
          /** Name of the job. */
          name: z.string(),
        }),
      ),
    })
    .optional(),
};

/** A stored file: an input, or what a job has put out. */
export const fileObject = z.strictObject(fileFields).meta({ id: 'File' });
export type FileObject = z.output<typeof fileObject>;

export const fileOrdering = [
  'dateUploaded',
  '-dateUploaded',
  'name',
  '-name',
  'decryptedSize',
  '-decryptedSize',
] as const;
export type FileOrdering = (typeof fileOrdering)[number];

/** `date_uploaded`, and the `date_inserted` of older clients, are the date of upload. */
function spellFileOrdering(text: string): string {
  const word = fileOrdering.find((candidate) => toSnakeCase(candidate) === text);
  return word ?? text.replace(/^(-?)(date_inserted|dateInserted)$/, '$1dateUploaded');
}

const fileListFields = {
  ...pageFields,
  /** Part of the name or relative path, in upper or lower case. */
  search: wireString({ max: MAX_SEARCH_LENGTH }).optional(),
  /** Order of the list, descending with `-`; `-dateUploaded` when absent. */
  ordering: wireChoice(fileOrdering, spellFileOrdering).optional(),
  /** False leaves `encodedEncryptionKey` empty. */
  include_keys: wireBoolean().optional(),
};

export const fileListQuery = wireQuery(
  {
    ...fileListFields,
    /** Only files of this `typeId`. */
    type: wireInteger().optional(),
    /** False finds nothing: a file exists here once all its bytes are there. */
    isUploaded: wireBoolean().optional(),
    /** `1`: only your own; matters to administrators, who see the files of all users. */
    owner: wireString({ max: 255 }).optional(),
    /** Adds `jobs`, those that use the file. */
    include_jobs: wireBoolean().optional(),
    /** Only files uploaded at this time or later. */
    dateUploaded__gte: wireDate().optional(),
    /** Only files uploaded at this time or earlier. */
    dateUploaded__lte: wireDate().optional(),
  },
  { aliases: { ...pageAliases, limit: 'page_size', typeId: 'type', type_id: 'type' } },
);
export type FileListQuery = z.output<typeof fileListQuery>;

/** Outputs of a job or a run. */
export const outputListQuery = wireQuery(
  {
    ...fileListFields,
    /** Only files of this `typeId`: 12 for snapshots, 11 for archives of checkpoints, which are not listed otherwise. */
    type: wireInteger().optional(),
  },
  { aliases: { ...pageAliases, limit: 'page_size', typeId: 'type', type_id: 'type' } },
);
export type OutputListQuery = z.output<typeof outputListQuery>;

export const listFiles = endpoint({
  method: 'GET',
  path: '/api/v2/files/',
  versions: ['v2', 'v3'],
  summary: 'Your files, newest first',
  description:
    'Inputs that you uploaded and outputs of your jobs; administrators see those of all users. Deleted files are not listed.',
  tag: 'Files',
  access: 'user',
  query: fileListQuery,
  status: 200,
  response: page(fileObject),
});

const upload = {
  path: '/api/v2/files/contents/',
  versions: ['v2', 'v3'],
  tag: 'Files',
  access: 'user',
  bodyKind: 'multipart',
  form: z.object({
    /** The bytes, with the name of the file as `filename`. */
    file: wireBytes,
    /** What the file is for: see `typeId` of a file. */
    typeId: wireInteger({ min: 0 }).default(FILE_TYPE.input),
  }),
  idempotent: true,
  status: 201,
  response: fileObject,
} as const;

export const uploadFile = endpoint({
  ...upload,
  method: 'POST',
  summary: 'Upload a file (multipart part `file`)',
  description:
    'The name is the last part of the `filename` given. The answer comes when the bytes are safe on disk, with their SHA-512. Files of many gigabytes are better sent as a resumable upload (`files/uploads/`), and many small ones together (`files/bulk/`).',
});
export const putFile = endpoint({
  ...upload,
  method: 'PUT',
  summary: 'Upload a file; the same as POST',
  description: 'For clients that send PUT. A file of the same name is not replaced: both are kept.',
});

const fileParams = z.object({
  /** Id of the file. */
  fileId: z.string(),
});

export const getFile = endpoint({
  method: 'GET',
  path: '/api/v2/files/:fileId/',
  versions: ['v2', 'v3'],
  summary: 'Name, size, checksums and other facts of a file',
  description: 'The bytes are at `contents/`. A file that was deleted is answered with 404.',
  tag: 'Files',
  access: 'user',
  params: fileParams,
  query: wireQuery({
    /** Adds `jobs`, those that use the file. */
    include_jobs: wireBoolean().optional(),
    /** False leaves `encodedEncryptionKey` empty. */
    include_keys: wireBoolean().optional(),
  }),
  status: 200,
  response: fileObject,
});

/** A file object sent back whole is welcome: what cannot be changed is ignored. */
export const fileUpdate = wireObject(
  {
    /** The new name, one part of a path. */
    name: wireFileName().optional(),
    /** What the file is for: see `typeId` of a file. */
    typeId: wireInteger({ min: 0 }).optional(),
    /** The folder to move it to; without effect here, where there are no folders, and said so in a warning. */
    currentFolderId: wireReferenceOrNull().optional(),
  },
  { ignored: Object.keys(fileFields) },
);
export type FileUpdate = z.input<typeof fileUpdate>;

export const updateFile = endpoint({
  method: 'PATCH',
  path: '/api/v2/files/:fileId/',
  versions: ['v2', 'v3'],
  summary: 'Rename a file or change its type',
  description:
    'A whole file object may be sent back: what cannot be changed is ignored. The bytes of a file never change.',
  tag: 'Files',
  access: 'user',
  params: fileParams,
  body: fileUpdate,
  status: 200,
  response: fileObject,
});

export const deleteFile = endpoint({
  method: 'DELETE',
  path: '/api/v2/files/:fileId/',
  versions: ['v2', 'v3'],
  summary: 'Delete a file',
  description:
    'Its bytes go when no other file has the same. Refused with 400 (`file_in_use`) while a job that is under way takes it as input.',
  refusals: ['BadRequest'],
  tag: 'Files',
  access: 'user',
  params: fileParams,
  status: 204,
});

export const downloadFile = endpoint({
  method: 'GET',
  path: '/api/v2/files/:fileId/contents/',
  versions: ['v2', 'v3'],
  summary: 'The bytes of a file, whole or a range',
  description:
    'Ranges may be taken in parallel; the strong ETag changes with the bytes. A first byte past the end is refused with 416.',
  tag: 'Files',
  access: 'user',
  alsoAgents: true,
  acceptsTickets: true,
  params: fileParams,
  query: wireQuery({
    /** Stands for a key, once: see `POST files/{fileId}/ticket/`. */
    ticket: wireString({ max: 100 }).optional(),
  }),
  headers: z.object({
    /** `bytes=<first>-<last>`, `bytes=<first>-` or `bytes=-<length>`: one range. */
    Range: z.string().optional(),
    /** An ETag or a date of `Last-Modified`: when the bytes have another by now, they come whole. */
    'If-Range': z.string().optional(),
    /** ETags of which the bytes must have one; else the answer is 412. */
    'If-Match': z.string().optional(),
    /** A date of `Last-Modified` that must not be earlier than that of the bytes; else the answer is 412. */
    'If-Unmodified-Since': z.string().optional(),
    /** ETags that the client has the bytes of: for one of these the answer is 304. */
    'If-None-Match': z.string().optional(),
    /** A date of `Last-Modified` that the client has the bytes of: the answer is 304 where they are no newer. */
    'If-Modified-Since': z.string().optional(),
  }),
  status: 200,
  refusals: ['PreconditionFailed', 'ServiceUnavailable'],
  responseKind: 'bytes',
  acceptsRanges: true,
  responseHeaders: z.object({
    /** Strong; changes with the bytes. */
    ETag: z.string(),
    /** When the file was uploaded or became an output, as an HTTP date. */
    'Last-Modified': z.string(),
    /** `bytes`: ranges may be asked for. */
    'Accept-Ranges': z.string(),
    /** Bytes of this answer. */
    'Content-Length': z.int(),
    /** `attachment`, with the name of the file. */
    'Content-Disposition': z.string(),
  }),
});

/** A file as text; bytes that are not UTF-8 are replaced. */
export const fileLines = z
  .strictObject({
    /** Its lines with their line ends. */
    lines: z.array(z.string()),
  })
  .meta({ id: 'FileLines' });
export type FileLines = z.output<typeof fileLines>;

export const readFileLines = endpoint({
  method: 'GET',
  path: '/api/v2/files/:fileId/lines/',
  versions: ['v2', 'v3'],
  summary: 'A text file as a list of lines',
  description:
    'Lines keep their line ends, and bytes that are not UTF-8 are replaced. Files longer than the server takes for text (`linesBytes`) are refused with 400: their bytes are at `contents/`.',
  tag: 'Files',
  access: 'user',
  params: fileParams,
  status: 200,
  refusals: ['BadRequest', 'ServiceUnavailable'],
  response: fileLines,
});
