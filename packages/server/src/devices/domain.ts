import type { Clock } from '../clock.ts';
import type { Queries } from '../db/database.ts';
import type { DeviceDirectories } from './directories.ts';
import type { DeviceQuotas } from './quota/quotas.ts';

/** What the verbs of storage devices are made of; each names those parts that it needs. */
export interface DevicesDomain {
  /** Inside a transaction, those of this transaction. */
  queries: Queries;
  clock: Clock;
  directories: DeviceDirectories;
  quotas: DeviceQuotas;
}
