import { z } from 'zod';
import { endpoint } from './endpoint.ts';
import { MAX_SEARCH_LENGTH } from './limits.ts';
import { page, pageAliases, pageFields } from './pagination.ts';
import { storage } from './users.ts';
import {
  toSnakeCase,
  wireBoolean,
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

export const fileFields = {
  id: wireId,
  name: z.string(),
  typeId: z.int(),
  /** E-mail address. */
  owner: z.string(),
  dateUploaded: wireTimestamp,
  /** Where the platform keeps it; `…/output/job_<id>/run<n>/<relativePath>` for outputs. */
  path: z.string(),
  /** Relative to the run's work directory; the name for inputs. */
  relativePath: z.string(),
  /** Bytes. */
  decryptedSize: z.int().nonnegative(),
  downloadUrl: z.url(),
  encodedEncryptionKey: z.string(),
  isUploaded: z.boolean(),
  isDeleted: z.boolean(),
  viewInBrowser: z.boolean(),
  sharedWith: z.array(z.string()),
  /** SHA-512 first, lowercase hexadecimal. */
  fileChecksums: z.array(z.strictObject({ hashFunction: z.string(), fileHash: z.string() })),
  md5: z.string().nullable().optional(),
  storage: storage.nullable(),
  pathParts: z.strictObject({ container: z.string(), path: z.string() }).nullable(),
  iv: z.string().nullable(),
  /** May be executed where it came from; absent on other platforms. */
  executable: z.boolean().optional(),
  /** When its content changed last where it came from; null where nobody told. */
  dateModified: wireTimestamp.nullable().optional(),
  /** Output of a run that was cut off by the end of its agent, as it stood then. */
  isUnfinished: z.boolean().optional(),
  userTags: z.array(z.strictObject({ name: z.string(), normalizedName: z.string() })),
  /** With `include_jobs=1`: the jobs that use it. */
  jobs: z.strictObject({ results: z.array(z.strictObject({ id: wireId, name: z.string() })) }).optional(),
};

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
  /** Case-insensitive part of the name or relative path. */
  search: wireString({ max: MAX_SEARCH_LENGTH }).optional(),
  ordering: wireChoice(fileOrdering, spellFileOrdering).optional(),
  include_keys: wireBoolean().optional(),
};

export const fileListQuery = wireQuery(
  {
    ...fileListFields,
    type: wireInteger().optional(),
    isUploaded: wireBoolean().optional(),
    /** 1: only your own. */
    owner: wireString({ max: 255 }).optional(),
    include_jobs: wireBoolean().optional(),
    dateUploaded__gte: wireDate().optional(),
    dateUploaded__lte: wireDate().optional(),
  },
  { aliases: { ...pageAliases, limit: 'page_size', typeId: 'type', type_id: 'type' } },
);
export type FileListQuery = z.output<typeof fileListQuery>;

/** Outputs of a job or a run. */
export const outputListQuery = wireQuery(fileListFields, { aliases: { ...pageAliases, limit: 'page_size' } });
export type OutputListQuery = z.output<typeof outputListQuery>;

export const listFiles = endpoint({
  method: 'GET',
  path: '/api/v2/files/',
  versions: ['v2', 'v3'],
  summary: 'Your files, newest first',
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
  idempotent: true,
  status: 201,
  response: fileObject,
} as const;

export const uploadFile = endpoint({
  ...upload,
  method: 'POST',
  summary: 'Upload a file (multipart part `file`)',
  description:
    'The name is the last part of the `filename` given. The answer comes when the bytes are safe on disk, with their SHA-512.',
});
export const putFile = endpoint({ ...upload, method: 'PUT', summary: 'Upload a file; the same as POST' });

const fileParams = z.object({ fileId: z.string() });

export const getFile = endpoint({
  method: 'GET',
  path: '/api/v2/files/:fileId/',
  versions: ['v2', 'v3'],
  summary: 'Name, size, checksums and other facts of a file',
  tag: 'Files',
  access: 'user',
  params: fileParams,
  query: wireQuery({ include_jobs: wireBoolean().optional(), include_keys: wireBoolean().optional() }),
  status: 200,
  response: fileObject,
});

/** A file object sent back whole is welcome: what cannot be changed is ignored. */
export const fileUpdate = wireObject(
  {
    name: wireFileName().optional(),
    typeId: wireInteger({ min: 0 }).optional(),
    /** Moves the file; null moves it to the top. */
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
  description: 'Take ranges in parallel if you like; the strong ETag changes with the bytes.',
  tag: 'Files',
  access: 'user',
  alsoAgents: true,
  params: fileParams,
  status: 200,
  responseKind: 'bytes',
});

export const fileLines = z.strictObject({ lines: z.array(z.string()) }).meta({ id: 'FileLines' });
/** Lines keep their line ends; bytes that are not UTF-8 are replaced. */
export type FileLines = z.output<typeof fileLines>;

export const readFileLines = endpoint({
  method: 'GET',
  path: '/api/v2/files/:fileId/lines/',
  versions: ['v2', 'v3'],
  summary: 'A text file as a list of lines',
  description:
    'Lines keep their line ends, and bytes that are not UTF-8 are replaced. Refused with 400 for files above the size limit of the server.',
  tag: 'Files',
  access: 'user',
  params: fileParams,
  status: 200,
  response: fileLines,
});
