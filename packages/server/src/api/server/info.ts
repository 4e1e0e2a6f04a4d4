import { getServerInfo, type MemoryControl, type ServerFeature } from '@quarry/contract';
import { route } from '../../http/route.ts';

const FEATURES: readonly ServerFeature[] = [
  'resumable-uploads',
  'status-wait',
  'job-events',
  'events',
  'follow-files',
  'bulk-uploads',
  'known-files',
  'part-digests',
  'jobs-after-others',
];

export const info = (version: string, memoryControl: MemoryControl, requiresProject: boolean) =>
  route(getServerInfo, async () => ({
    name: 'Quarry',
    version,
    apiVersions: ['v2', 'v3'],
    idempotencyKeys: true,
    features: [...FEATURES],
    memoryControl,
    requiresProject,
  }));
