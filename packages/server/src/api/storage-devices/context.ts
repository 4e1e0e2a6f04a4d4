import type { Database } from '../../db/database.ts';
import type { DevicesDomain } from '../../devices/domain.ts';
import type { DeviceRoom } from '../../devices/room.ts';
import type { DeviceSizes } from '../../devices/sizes.ts';
import type { FilesContext } from '../files/context.ts';
import type { JobsContext } from '../jobs/context.ts';

/** What the endpoints of storage devices are made of. */
export interface DevicesContext {
  database: Database;
  /** What the verbs are made of, but for the queries of each call. */
  domain: Omit<DevicesDomain, 'queries'>;
  sizes: DeviceSizes;
  room: DeviceRoom;
  /** What those of files are made of, to copy them onto a device. */
  files: Pick<FilesContext, 'storage' | 'logger'>;
  /** What those of jobs are made of, to attach a device to one. */
  jobs: JobsContext;
  /** Aborted when the server ends: what is removed then goes on after the next start. */
  ending: AbortSignal;
}
