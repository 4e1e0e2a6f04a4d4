import { z } from 'zod';
import { ticket } from './archives.ts';
import { endpoint } from './endpoint.ts';
import { wireBoolean, wireObject, wireQuery, wireString } from './wire.ts';

const shared = { versions: ['v2', 'v3'], extension: true, tag: 'Files', access: 'user' } as const;

const fileParams = z.object({
  /** Id of the file. */
  fileId: z.string(),
});

export const viewFile = endpoint({
  ...shared,
  method: 'GET',
  path: '/api/v2/files/:fileId/view/',
  status: 200,
  summary: 'A file as a browser shows it, shut off from everything else',
  description:
    'The bytes with the media type of the name of the file, if that is a page, a picture or a text, and a policy under which the page loads nothing and reaches nothing, not even what is of the same host: no cookies, no requests, no windows, no forms. Scripts run only when `scripts` says so, in an origin of their own. Anything else comes as a download. For a frame with `sandbox`; programs read `contents/`.',
  acceptsTickets: true,
  params: fileParams,
  query: wireQuery({
    /** Whether scripts that stand in the page may run; they may not unless told so. */
    scripts: wireBoolean().default(false),
    /** Stands for a key, once: see `POST files/{fileId}/view/ticket/`. */
    ticket: wireString({ max: 100 }).optional(),
  }),
  refusals: ['ServiceUnavailable'],
  responseKind: 'bytes',
  mediaTypes: ['text/html', 'text/plain', 'image/*', 'application/octet-stream'],
  responseHeaders: z.object({
    /** What the page may do: nothing, or run the scripts that stand in it. */
    'Content-Security-Policy': z.string(),
    /** Bytes of this answer. */
    'Content-Length': z.int(),
  }),
});

export const createFileViewTicket = endpoint({
  ...shared,
  method: 'POST',
  path: '/api/v2/files/:fileId/view/ticket/',
  status: 201,
  summary: 'A link to the view of a file that opens once, without a key',
  description:
    'For frames, which send no key with their address. It is good for a minute, and ends with the key that made it.',
  params: fileParams,
  body: wireObject({
    /** Whether scripts that stand in the page may run; they may not unless told so. */
    scripts: wireBoolean().default(false),
  }),
  response: ticket,
  refusals: ['TooManyRequests'],
});
