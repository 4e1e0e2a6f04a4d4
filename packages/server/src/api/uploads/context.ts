import { formatInstant, type Instant } from '../../clock.ts';
import type { FileRow } from '../../db/tables.ts';
import type { Route } from '../../http/route.ts';
import { LIMITS } from '../../limits.ts';
import type { FilesContext } from '../files/context.ts';
import type { PartLocks } from './part-locks.ts';
import type { TusEngine } from './tus-engine.ts';

/** What the endpoints of uploads are made of. */
export interface UploadsContext extends FilesContext {
  engine: TusEngine;
  /** What OPTIONS tells of the protocol. */
  discovery: Pick<Route, 'optionsHeaders'>;
  locks: PartLocks;
  /** Uploads that become a file at this moment: whoever asks again waits for the same end. */
  finishing: Map<string, Promise<FileRow>>;
  /** Uploads whose bytes are staged and whose row is being written. */
  creating: Set<string>;
}

/** When an upload to which something happens now expires. */
export function nextExpiry({ clock }: Pick<UploadsContext, 'clock'>): Instant {
  return formatInstant((Date.parse(clock.now()) + LIMITS.uploadIdleHours * 3600_000) * 1000);
}
