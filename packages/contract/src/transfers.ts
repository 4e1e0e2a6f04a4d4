/** Moving many bytes or many files: resumable uploads, uploads of many files, what needs no sending, digests of parts. */
import { z } from 'zod';
import { endpoint } from './endpoint.ts';
import { fileObject } from './files.ts';
import { MAX_BULK_FILES, MAX_SEARCH_LENGTH } from './limits.ts';
import { page, pageAliases, pageFields } from './pagination.ts';
import {
  wireBoolean,
  wireBytes,
  wireDate,
  wireFileName,
  wireId,
  wireInteger,
  wireList,
  wireObject,
  wireQuery,
  wireString,
  wireTimestamp,
} from './wire.ts';

const shared = { versions: ['v2', 'v3'], tag: 'Files', access: 'user', extension: true } as const;

/** A stretch of an upload that is sent by itself: a resource of the tus protocol at `files/uploads/<id>/`. */
export const uploadPart = z.strictObject({
  /** Id of the part, which is sent to `files/uploads/<id>/` like an upload of its own. */
  id: wireId,
  /** Where it begins in the file, in bytes. */
  start: z.int().nonnegative(),
  /** Bytes that it has when it is complete. */
  sizeBytes: z.int().nonnegative(),
  /** Bytes from its beginning on that are safe on disk; the `Upload-Offset` of the part. */
  receivedBytes: z.int().nonnegative(),
});
export type UploadPart = z.output<typeof uploadPart>;

/** An upload that is not complete, or has become a file. */
export const uploadObject = z
  .strictObject({
    /** Id of the upload. */
    id: wireId,
    /** Name that the file will have. */
    name: z.string(),
    /** What the file will be for: see `typeId` of a file. */
    typeId: z.int(),
    /** Bytes that it has when it is complete. */
    sizeBytes: z.int().nonnegative(),
    /** Bytes that are safe on disk, of all parts together. */
    receivedBytes: z.int().nonnegative(),
    /** The client's own mark of what it sends, to find the upload again; null without one. */
    fingerprint: z.string().nullable(),
    /** Whether bytes are arriving right now, from this client or another. */
    isActive: z.boolean(),
    /** When it was begun. */
    dateInserted: wireTimestamp,
    /** When it is given up unless bytes arrive before. */
    expiresAt: wireTimestamp,
    /** Its parts, in order; empty where the upload is sent as one. */
    parts: z.array(uploadPart),
    /** The file that it became; null while it is not complete. */
    file: fileObject.nullable(),
  })
  .meta({ id: 'Upload' });
export type Upload = z.output<typeof uploadObject>;

const uploadParams = z.object({
  /** Id of the upload, or of a part of it. */
  uploadId: z.string(),
});
const dividedParams = z.object({
  /** Id of the upload. */
  uploadId: z.string(),
});

const tusVersion = {
  /** Version of the protocol: `1.0.0`. */
  'Tus-Resumable': z.string(),
};
const expiry = {
  /** When the upload is given up unless bytes arrive before. */
  'Upload-Expires': z.string().optional(),
  /** Id of the file that it has become; there once it is complete. */
  'Quarry-File': z.string().optional(),
};

export const listUploads = endpoint({
  ...shared,
  method: 'GET',
  path: '/api/v2/files/uploads/',
  summary: 'Your uploads that are not complete, newest first',
  description:
    'To go on with one after a crash: `receivedBytes` of each part tells where. Uploads for which nothing came for a while (`uploadIdleHours`) are given up and listed no more.',
  query: wireQuery(
    {
      ...pageFields,
      /** Only uploads that a client marked so when it began them. */
      fingerprint: wireString({ max: MAX_SEARCH_LENGTH }).optional(),
    },
    { aliases: pageAliases },
  ),
  status: 200,
  response: page(uploadObject),
});

export const createUpload = endpoint({
  ...shared,
  method: 'POST',
  path: '/api/v2/files/uploads/',
  summary: 'Begin a resumable upload (tus 1.0.0, creation)',
  description: [
    'Speaks [tus](https://tus.io/protocols/resumable-upload): `Upload-Length`, and `Upload-Metadata` with `filename` (or `name`), and where wished `typeId`, `executable` (`1`), `dateModified`, `fingerprint`, and `partBytes`.',
    'With `partBytes` the upload is divided: the answer is an `Upload` as JSON whose parts are tus resources of their own, sent in any order and at the same time, and `finish/` makes the file. Without it, the PATCH that brings the last byte makes the file and names it in the header `Quarry-File`. `Upload-Concat: partial` and `final` join uploads as the protocol says.',
  ].join('\n\n'),
  headers: z.object({
    ...tusVersion,
    /** Bytes of the whole file; left out where uploads are joined. */
    'Upload-Length': z.int().nonnegative().optional(),
    /** Keys with their values in Base64, separated by commas: `filename`, and others that the description names. */
    'Upload-Metadata': z.string().optional(),
    /** `partial`, or `final;` and the addresses of the uploads to join, separated by blanks. */
    'Upload-Concat': z.string().optional(),
  }),
  bodyKind: 'bytes',
  bodyMediaType: 'application/offset+octet-stream',
  status: 201,
  refusals: ['BadRequest', 'Conflict', 'PreconditionFailed', 'PayloadTooLarge', 'UnsupportedMediaType'],
  response: uploadObject,
  responseKind: 'bytes',
  mediaTypes: [],
  responseHeaders: z.object({
    /** Address of the upload. */
    Location: z.string(),
    ...tusVersion,
    ...expiry,
  }),
});

export const getUpload = endpoint({
  ...shared,
  method: 'GET',
  path: '/api/v2/files/uploads/:uploadId/',
  summary: 'How far an upload has come; HEAD answers as tus says',
  description:
    'With all its parts. HEAD takes the id of a part as well and answers `Upload-Offset` and `Upload-Length` of that. One that was given up is answered with 404 or 410.',
  params: dividedParams,
  status: 200,
  refusals: ['Gone'],
  response: uploadObject,
  responseKind: 'bytes',
  mediaTypes: [],
});

export const patchUpload = endpoint({
  ...shared,
  method: 'PATCH',
  path: '/api/v2/files/uploads/:uploadId/',
  summary: 'Bytes of an upload or of a part, from `Upload-Offset` on (tus)',
  description:
    'Answered when they are safe on disk. What arrived of a broken request is kept. An `Upload-Offset` that is not where the bytes end so far is refused with 409.',
  params: uploadParams,
  headers: z.object({
    ...tusVersion,
    /** Where these bytes begin: as many as the upload or part has already. */
    'Upload-Offset': z.int().nonnegative(),
  }),
  bodyKind: 'bytes',
  bodyMediaType: 'application/offset+octet-stream',
  status: 204,
  refusals: [
    'BadRequest',
    'Conflict',
    'Gone',
    'PreconditionFailed',
    'PayloadTooLarge',
    'UnsupportedMediaType',
    'Locked',
  ],
  responseHeaders: z.object({
    ...tusVersion,
    /** Bytes that are safe on disk now: where the next request begins. */
    'Upload-Offset': z.int().nonnegative(),
    ...expiry,
  }),
});

export const deleteUpload = endpoint({
  ...shared,
  method: 'DELETE',
  path: '/api/v2/files/uploads/:uploadId/',
  summary: 'Give up an upload (tus, termination); a part begins again at its first byte',
  description: 'Its bytes are removed. An upload that has become a file leaves the file as it is.',
  params: uploadParams,
  headers: z.object(tusVersion),
  status: 204,
  refusals: ['Conflict', 'Gone', 'PreconditionFailed', 'Locked'],
  responseHeaders: z.object(tusVersion),
});

const sha512Text = () =>
  z.string().regex(/^[0-9a-fA-F]{128}$/, { error: 'Must be a SHA-512 of 128 hexadecimal digits.' });

export const finishUpload = endpoint({
  ...shared,
  method: 'POST',
  path: '/api/v2/files/uploads/:uploadId/finish/',
  summary: 'Make the file of a divided upload whose parts are complete',
  description:
    'May be repeated: an upload that has become a file answers that file. With `sha512`, bytes of another digest are refused with 409 and code `digest_mismatch`, and are kept: `part-digests/` tells where they differ.',
  params: dividedParams,
  body: wireObject({
    /** SHA-512 that the file must have, in hexadecimal. */
    sha512: sha512Text().optional(),
  }),
  status: 201,
  refusals: ['Conflict', 'Gone'],
  response: fileObject,
});

const partDigestQuery = wireQuery({
  /** Bytes of a part; a power of two of at least 64 KiB, 4 MiB when absent. */
  partBytes: wireInteger({ min: 64 * 1024 }).optional(),
  /** Where the first part begins, in bytes; a multiple of `partBytes`, 0 when absent. */
  start: wireInteger({ min: 0 }).optional(),
});

/** Digests of equal stretches of a file, the last one shorter where the file ends. */
export const partDigests = z
  .strictObject({
    /** Bytes of a part. */
    partBytes: z.int().positive(),
    /** Where the first of them begins, in bytes. */
    start: z.int().nonnegative(),
    /** Bytes of the whole file. */
    sizeBytes: z.int().nonnegative(),
    /** SHA-512 of each part in lowercase hexadecimal. */
    digests: z.array(z.string()),
    /** `start` of the next request; null at the end of the file. */
    nextStart: z.int().positive().nullable(),
  })
  .meta({ id: 'PartDigests' });
export type PartDigests = z.output<typeof partDigests>;

export const getFilePartDigests = endpoint({
  ...shared,
  method: 'GET',
  path: '/api/v2/files/:fileId/part-digests/',
  summary: 'SHA-512 of each part of a file, to find where a copy differs',
  description:
    'Computed from the stored bytes when asked for. An answer covers a part of a large file (`partDigestBytes`); `nextStart` says where to go on.',
  params: z.object({
    /** Id of the file. */
    fileId: z.string(),
  }),
  query: partDigestQuery,
  status: 200,
  refusals: ['ServiceUnavailable'],
  response: partDigests,
});

export const getUploadPartDigests = endpoint({
  ...shared,
  method: 'GET',
  path: '/api/v2/files/uploads/:uploadId/part-digests/',
  summary: 'SHA-512 of each part of an upload whose bytes are all there',
  description: 'To find which parts to send again when `finish/` was refused with `digest_mismatch`.',
  refusals: ['Conflict', 'Gone', 'ServiceUnavailable'],
  params: dividedParams,
  query: partDigestQuery,
  status: 200,
  response: partDigests,
});

/** What is to become a file: an entry of a manifest, or of a question for known bytes. */
export const announcedFile = wireObject({
  /** Name of the file, one part of a path. */
  name: wireFileName(),
  /** Its size in bytes. */
  sizeBytes: wireInteger({ min: 0 }),
  /** SHA-512 of its bytes in hexadecimal. */
  sha512: sha512Text().optional(),
  /** What it is for: see `typeId` of a file; an input when absent. */
  typeId: wireInteger({ min: 0 }).optional(),
  /** Whether it may be executed: kept for whoever downloads it. */
  executable: wireBoolean().optional(),
  /** When its content changed last where it came from. */
  dateModified: wireDate().optional(),
});
export type AnnouncedFile = z.input<typeof announcedFile>;

export const uploadFiles = endpoint({
  ...shared,
  method: 'POST',
  path: '/api/v2/files/bulk/',
  summary: 'Upload many small files in one request: all of them or none',
  description: `The form has first a field \`manifest\`, a JSON list of \`{name, sizeBytes, sha512?, typeId?, executable?, dateModified?}\`, then a part \`file\` for each of them, in that order: at most ${MAX_BULK_FILES} files. The answer comes when all of them are safe on disk.`,
  idempotent: true,
  bodyKind: 'multipart',
  form: z.object({
    /** What comes, as a JSON list with an entry for each file. */
    manifest: z.string(),
    /** The bytes of each file, in the order of the manifest. */
    file: z.array(wireBytes),
  }),
  status: 201,
  response: z.strictObject({
    /** The files, in the order of the manifest. */
    files: z.array(fileObject),
    /** What of the request was ignored. */
    warnings: z.array(z.string()).optional(),
  }),
});

export const adoptKnownFiles = endpoint({
  ...shared,
  method: 'POST',
  path: '/api/v2/files/by-digest/',
  summary: 'Make files of bytes that the platform has already, without sending them',
  description:
    'A file is made where its SHA-512 and size are those of a file that you may read, and `null` stands where they are not. Without `sha512` nothing is made: `maybeKnown` tells whether a file of that size is there, and so whether hashing is worth it.',
  idempotent: true,
  body: wireObject({
    /** The files that are wanted. */
    files: wireList(announcedFile, { max: MAX_BULK_FILES, nonEmpty: true }),
  }),
  status: 200,
  response: z.strictObject({
    /** What came of each, in the order asked. */
    results: z.array(
      z.strictObject({
        /** The file that was made; null where its bytes must be sent. */
        file: fileObject.nullable(),
        /** Whether a file of that size is there, so that asking again with its SHA-512 may spare sending it. */
        maybeKnown: z.boolean(),
      }),
    ),
    /** What of the request was ignored. */
    warnings: z.array(z.string()).optional(),
  }),
});
