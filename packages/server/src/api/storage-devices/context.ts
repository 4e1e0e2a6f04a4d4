import type { Database } from '../../db/database.ts';
import type { DevicesDomain } from '../../devices/domain.ts';
import type { DeviceSizes } from '../../devices/sizes.ts';
import type { JobsContext } from '../jobs/context.ts';

/** What the endpoints of storage devices are made of. */
export interface DevicesContext {
  database: Database;
  /** What the verbs are made of, but for the queries of each call. */
  domain: Omit<DevicesDomain, 'queries'>;
  sizes: DeviceSizes;
  /** What those of jobs are made of, to attach a device to one. */
  jobs: JobsContext;
  /** Aborted when the server ends: what is removed then goes on after the next start. */
  ending: AbortSignal;
}
