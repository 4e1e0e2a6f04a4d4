import { z } from 'zod';
import { endpoint } from './endpoint.ts';
import { MAX_SEARCH_LENGTH } from './limits.ts';
import { beginsTask } from './tasks.ts';
import {
  wireChoice,
  wireId,
  wireInteger,
  wireList,
  wireObject,
  wireQuery,
  wireString,
  wireTimestamp,
} from './wire.ts';

/** What several files can come in: `zip` keeps their bytes as they are, like `tar`. */
export const ARCHIVE_FORMATS = ['zip', 'tar'] as const;
export type ArchiveFormat = (typeof ARCHIVE_FORMATS)[number];

/** Most files that are asked for by their ids at once. */
export const MAX_ARCHIVED_FILES = 500;

const formatOf = () => wireChoice(ARCHIVE_FORMATS, (text) => text.toLowerCase());
const archiveFormat = formatOf().default('zip');
const ticketOf = wireString({ max: 100 }).optional();
const shared = { versions: ['v2', 'v3'], extension: true, tag: 'Files', access: 'user' } as const;
const archive = {
  ...shared,
  method: 'GET',
  status: 200,
  acceptsTickets: true,
  refusals: ['ServiceUnavailable'],
  responseKind: 'bytes',
} as const;

/** A link that opens without a key, once. */
export const ticket = z
  .strictObject({
    /** Absolute address; the first GET of it gets the bytes, every other is refused. */
    url: z.url(),
    /** Until when that GET must have begun. */
    expiresAt: wireTimestamp,
  })
  .meta({ id: 'Ticket' });
export type Ticket = z.output<typeof ticket>;

const makesTicket = {
  ...shared,
  method: 'POST',
  status: 201,
  response: ticket,
  refusals: ['TooManyRequests'],
} as const;

const jobParams = z.object({
  /** Id of the job. */
  jobId: z.string(),
});

export const downloadJobArchive = endpoint({
  ...archive,
  path: '/api/v2/jobs/:jobId/archive/',
  summary: 'All outputs of a job in one zip or tar',
  description:
    'Written while it is sent, in the folder `job_<id>/`, under the paths that the outputs have in their work directory; those of a sweep in `run1/`, `run2/` and so on. Of a job that has not ended, what it has put out so far, which a warning says. A zip of up to 10,000 files tells its `Content-Length`. It cannot be resumed: `quarry files download --job` can.',
  params: jobParams,
  query: wireQuery({
    /** `zip` unless told otherwise. */
    format: archiveFormat,
    /** Only the outputs of this run. */
    run: wireInteger({ min: 1 }).optional(),
    /** Part of the name or relative path, in upper or lower case. */
    search: wireString({ max: MAX_SEARCH_LENGTH }).optional(),
    /** Stands for a key, once: see `POST jobs/{jobId}/archive/ticket/`. */
    ticket: ticketOf,
  }),
});

const archivedOutputs = wireObject({
  /** `zip` unless told otherwise. */
  format: archiveFormat,
  /** Only the outputs of this run. */
  run: wireInteger({ min: 1 }).optional(),
  /** Part of the name or relative path, in upper or lower case. */
  search: wireString({ max: MAX_SEARCH_LENGTH }).optional(),
});

export const createJobArchiveTicket = endpoint({
  ...makesTicket,
  path: '/api/v2/jobs/:jobId/archive/ticket/',
  summary: 'A link to the archive of a job that opens once, without a key',
  description:
    'For browsers, which send no key with a link. It is good for a minute, and ends with the key that made it.',
  params: jobParams,
  body: archivedOutputs,
});

export const createJobArchiveTask = endpoint({
  ...beginsTask,
  path: '/api/v2/jobs/:jobId/archive/task/',
  summary: 'Begin to write the outputs of a job into one file of yours',
  description:
    'A task: see `tasks/{id}/`. When it is done there is a file `job_<id>.zip`, or `.tar`, among your files, which can be downloaded in parts, resumed and verified; its `result` has `fileId`, `name`, `sizeBytes` and `fileCount`. It holds what `archive/` would have sent.',
  params: jobParams,
  body: archivedOutputs,
});

export const downloadFilesArchive = endpoint({
  ...archive,
  path: '/api/v2/files/archive/',
  summary: 'Several files in one zip or tar',
  description:
    'Written while it is sent, each under its name in the folder `files/`; where two have the same, the second gets `.2` and so on. A file that is not there, or that you may not see, refuses the whole. A zip tells its `Content-Length`.',
  query: wireQuery({
    /** Ids of the files, with commas between them; at most 500. */
    ids: wireString({ max: MAX_ARCHIVED_FILES * 7 }),
    /** `zip` unless told otherwise. */
    format: archiveFormat,
    /** Stands for a key, once: see `POST files/archive/ticket/`. */
    ticket: ticketOf,
  }),
});

export const createFilesArchiveTicket = endpoint({
  ...makesTicket,
  refusals: ['TooManyRequests', 'NotFound'],
  path: '/api/v2/files/archive/ticket/',
  summary: 'A link to an archive of several files that opens once, without a key',
  description:
    'For browsers, which send no key with a link. It is good for a minute, and ends with the key that made it.',
  body: wireObject({
    /** Ids of the files; at most 500. */
    ids: wireList(wireId, { max: MAX_ARCHIVED_FILES }),
    /** `zip` unless told otherwise. */
    format: archiveFormat,
  }),
});

export const createFileTicket = endpoint({
  ...makesTicket,
  path: '/api/v2/files/:fileId/ticket/',
  summary: 'A link to the bytes of a file that opens once, without a key',
  description:
    'For browsers, which send no key with a link. It is good for a minute, and ends with the key that made it.',
  params: z.object({
    /** Id of the file. */
    fileId: z.string(),
  }),
  bodyKind: 'ignored',
});
