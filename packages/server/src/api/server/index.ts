import { getApiRoot, getServerInfo, type ServerFeature } from '@quarry/contract';
import { type Route, route } from '../../http/route.ts';

const FEATURES: readonly ServerFeature[] = [
  'resumable-uploads',
  'status-wait',
  'job-events',
  'bulk-uploads',
  'known-files',
  'part-digests',
];

const COLLECTIONS = ['analyses', 'coretypes', 'files', 'jobs', 'projects', 'users'];

/** The endpoints about the server itself. */
export function serverRoutes(version: string): Route[] {
  return [
    route(getApiRoot, async (call) =>
      Object.fromEntries(COLLECTIONS.map((name) => [name, `${call.baseUrl}/api/${call.version}/${name}/`])),
    ),
    route(getServerInfo, async () => ({
      name: 'Quarry',
      version,
      apiVersions: ['v2', 'v3'],
      idempotencyKeys: true,
      features: [...FEATURES],
    })),
  ];
}
