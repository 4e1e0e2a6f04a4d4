/** Moving many bytes or many files: resumable uploads, uploads of many files, what needs no sending, digests of parts. */
import { z } from 'zod';
import { endpoint } from './endpoint.ts';
import { fileObject } from './files.ts';
import { MAX_BULK_FILES, MAX_SEARCH_LENGTH } from './limits.ts';
import { page, pageAliases, pageFields } from './pagination.ts';
import {
  wireBoolean,
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
  id: wireId,
  /** Where it begins in the file, in bytes. */
  start: z.int().nonnegative(),
  sizeBytes: z.int().nonnegative(),
  /** From its beginning on, safe on disk; the `Upload-Offset` of the part. */
  receivedBytes: z.int().nonnegative(),
});
export type UploadPart = z.output<typeof uploadPart>;

/** An upload that is not complete, or has become a file. */
export const uploadObject = z
  .strictObject({
    id: wireId,
    name: z.string(),
    typeId: z.int(),
    sizeBytes: z.int().nonnegative(),
    receivedBytes: z.int().nonnegative(),
    /** The client's own mark of what it sends, to find the upload again; null without one. */
    fingerprint: z.string().nullable(),
    /** Bytes are arriving right now, from this client or another. */
    isActive: z.boolean(),
    dateInserted: wireTimestamp,
    /** When it is given up unless bytes arrive before. */
    expiresAt: wireTimestamp,
    /** In order; empty where the upload is sent as one. */
    parts: z.array(uploadPart),
    /** The file that it became; null while it is not complete. */
    file: fileObject.nullable(),
  })
  .meta({ id: 'Upload' });
export type Upload = z.output<typeof uploadObject>;

const uploadParams = z.object({ uploadId: z.string() });

export const listUploads = endpoint({
  ...shared,
  method: 'GET',
  path: '/api/v2/files/uploads/',
  summary: 'Your uploads that are not complete, newest first',
  query: wireQuery(
    { ...pageFields, fingerprint: wireString({ max: MAX_SEARCH_LENGTH }).optional() },
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
  bodyKind: 'bytes',
  status: 201,
  response: uploadObject,
  responseKind: 'bytes',
});

export const getUpload = endpoint({
  ...shared,
  method: 'GET',
  path: '/api/v2/files/uploads/:uploadId/',
  summary: 'How far an upload has come; HEAD answers as tus says',
  params: uploadParams,
  status: 200,
  response: uploadObject,
  responseKind: 'bytes',
});

export const patchUpload = endpoint({
  ...shared,
  method: 'PATCH',
  path: '/api/v2/files/uploads/:uploadId/',
  summary: 'Bytes of an upload or of a part, from `Upload-Offset` on (tus)',
  description: 'Answered when they are safe on disk. What arrived of a broken request is kept.',
  params: uploadParams,
  bodyKind: 'bytes',
  status: 204,
});

export const deleteUpload = endpoint({
  ...shared,
  method: 'DELETE',
  path: '/api/v2/files/uploads/:uploadId/',
  summary: 'Give up an upload (tus, termination); a part begins again at its first byte',
  params: uploadParams,
  status: 204,
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
  params: uploadParams,
  body: wireObject({ sha512: sha512Text().optional() }),
  status: 201,
  response: fileObject,
});

const partDigestQuery = wireQuery({
  /** Bytes of a part; a power of two of at least 64 KiB. */
  partBytes: wireInteger({ min: 64 * 1024 }).optional(),
  /** Where the first part begins; a multiple of `partBytes`. */
  start: wireInteger({ min: 0 }).optional(),
});

/** Digests of equal stretches of a file, the last one shorter where the file ends. */
export const partDigests = z
  .strictObject({
    partBytes: z.int().positive(),
    /** Where the first of them begins. */
    start: z.int().nonnegative(),
    /** Bytes of the whole file. */
    sizeBytes: z.int().nonnegative(),
    /** SHA-512, lowercase hexadecimal. */
    digests: z.array(z.string()),
    /** Where to go on; null at the end. */
    nextStart: z.int().positive().nullable(),
  })
  .meta({ id: 'PartDigests' });
export type PartDigests = z.output<typeof partDigests>;

export const getFilePartDigests = endpoint({
  ...shared,
  method: 'GET',
  path: '/api/v2/files/:fileId/part-digests/',
  summary: 'SHA-512 of each part of a file, to find where a copy differs',
  description: 'Computed from the stored bytes when asked for; an answer covers part of a large file.',
  params: z.object({ fileId: z.string() }),
  query: partDigestQuery,
  status: 200,
  response: partDigests,
});

export const getUploadPartDigests = endpoint({
  ...shared,
  method: 'GET',
  path: '/api/v2/files/uploads/:uploadId/part-digests/',
  summary: 'The same of an upload whose bytes are all there',
  params: uploadParams,
  query: partDigestQuery,
  status: 200,
  response: partDigests,
});

/** What is to become a file: an entry of a manifest, or of a question for known bytes. */
export const announcedFile = wireObject({
  name: wireFileName(),
  sizeBytes: wireInteger({ min: 0 }),
  sha512: sha512Text().optional(),
  typeId: wireInteger({ min: 0 }).optional(),
  /** May be executed: kept for whoever downloads it. */
  executable: wireBoolean().optional(),
  /** When its content changed last, where it came from. */
  dateModified: wireDate().optional(),
});
export type AnnouncedFile = z.input<typeof announcedFile>;

export const uploadFiles = endpoint({
  ...shared,
  method: 'POST',
  path: '/api/v2/files/bulk/',
  summary: 'Upload many small files in one request: all of them or none',
  description: [
    'multipart/form-data: first a field `manifest`, a JSON list of `{name, sizeBytes, sha512?, typeId?, executable?, dateModified?}`, then a part `file` for each of them, in that order. The answer comes when all of them are safe on disk.',
    `At most ${MAX_BULK_FILES} files.`,
  ].join('\n\n'),
  idempotent: true,
  bodyKind: 'multipart',
  status: 201,
  response: z.strictObject({ files: z.array(fileObject), warnings: z.array(z.string()).optional() }),
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
    files: wireList(announcedFile, { max: MAX_BULK_FILES, nonEmpty: true }),
  }),
  status: 200,
  response: z.strictObject({
    /** In the order asked. */
    results: z.array(z.strictObject({ file: fileObject.nullable(), maybeKnown: z.boolean() })),
    warnings: z.array(z.string()).optional(),
  }),
});
