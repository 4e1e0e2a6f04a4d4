import { z } from 'zod';
import { memoryControl } from './agent.ts';
import { endpoint } from './endpoint.ts';

export const getApiRoot = endpoint({
  method: 'GET',
  path: '/api/v2/',
  versions: ['v2', 'v3'],
  summary: 'Collections of the API by name',
  description: 'Absolute addresses of the lists to begin with. A bad key is answered with 401.',
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
  /** `events/` */
  'events',
  /** `follow` of `tail/`, and files of runs that have ended there */
  'follow-files',
  /** `after` of a job */
  'jobs-after-others',
] as const;
export type ServerFeature = (typeof SERVER_FEATURES)[number];

/** What a client may want to know of a server before anything else. */
export const serverInfo = z
  .strictObject({
    /** Name of the software: `Quarry`. */
    name: z.string(),
    /** Its release. */
    version: z.string(),
    /** Versions of the API that it speaks. */
    apiVersions: z.array(z.enum(['v2', 'v3'])),
    /** Whether a request with an `Idempotency-Key` may be repeated when its answer was lost. */
    idempotencyKeys: z.boolean(),
    /**
     * What it can do beyond the API that all platforms have: `resumable-uploads`, `bulk-uploads`, `known-files`,
     * `part-digests`, `status-wait`, `job-events`, `events`, `follow-files`, `jobs-after-others`. Later servers know more.
     */
    features: z.array(z.string()),
    /**
     * Who ends a run that takes more memory than its slot has: Linux by cgroups of either version, the agent by looking
     * (`watched`), or nobody (`none`).
     */
    memoryControl,
    /** Whether jobs must belong to a project here; absent of servers of before. */
    requiresProject: z.boolean().optional(),
  })
  .meta({ id: 'ServerInfo' });
export type ServerInfo = z.output<typeof serverInfo>;

export const getServerInfo = endpoint({
  method: 'GET',
  path: '/api/v2/server/',
  versions: ['v2', 'v3'],
  summary: 'Name and version of this server',
  description:
    'Needs no key. Other platforms answer 404: a client that finds this may use the extensions that `features` names.',
  tag: 'Server',
  access: 'public',
  extension: true,
  status: 200,
  response: serverInfo,
});
