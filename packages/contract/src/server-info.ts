import { z } from 'zod';
import { endpoint } from './endpoint.ts';

export const getApiRoot = endpoint({
  method: 'GET',
  path: '/api/v2/',
  versions: ['v2', 'v3'],
  summary: 'Collections of the API by name; answers 401 to a bad key',
  tag: 'Server',
  access: 'user',
  status: 200,
  response: z.record(z.string(), z.url()),
});

/** What a server can do beyond the API that all platforms have. */
export const SERVER_FEATURES = [
  /** `files/uploads/` */
  'resumable-uploads',
  /** `files/bulk/` */
  'bulk-uploads',
  /** `files/by-digest/` */
  'known-files',
  /** `part-digests/` */
  'part-digests',
  /** `wait` of `statuses/` */
  'status-wait',
  /** `jobs/{id}/events/` */
  'job-events',
] as const;
export type ServerFeature = (typeof SERVER_FEATURES)[number];

export const serverInfo = z
  .strictObject({
    name: z.string(),
    version: z.string(),
    apiVersions: z.array(z.enum(['v2', 'v3'])),
    /** A request with an `Idempotency-Key` may be repeated when its answer was lost. */
    idempotencyKeys: z.boolean(),
    /** See `SERVER_FEATURES`; later servers know more. */
    features: z.array(z.string()),
  })
  .meta({ id: 'ServerInfo' });
export type ServerInfo = z.output<typeof serverInfo>;

export const getServerInfo = endpoint({
  method: 'GET',
  path: '/api/v2/server/',
  versions: ['v2', 'v3'],
  summary: 'Name and version of this server',
  tag: 'Server',
  access: 'public',
  extension: true,
  status: 200,
  response: serverInfo,
});
