import type { Catalog } from '../../catalog/types.ts';
import type { Clock } from '../../clock.ts';
import type { Queries } from '../../db/database.ts';
import type { SlotWish } from '../../schedulers/scheduler.ts';
import type { ReadAttached } from '../definition/complete.ts';
import type { ClusterSite } from '../life/new-cluster.ts';

/** What this site allows jobs, and where they execute. */
export interface JobsSite extends ClusterSite {
  requiresProject: boolean;
  /** The longest walltime in hours, of users without a bound of their own. */
  maxJobHours: number;
  /** The walltime of jobs that name none, in hours; null for the longest. */
  defaultJobHours: number | null;
  /** Without a job for so long a persistent cluster ends that names no time of its own. */
  clusterIdleMinutes: number;
  /** Whether commands are kept in a sandbox. */
  hasSandbox: boolean;
  /** Slots that a cluster would get here. */
  grantedSlots: (wish: SlotWish) => number;
}

/**
 * What the verbs of jobs are made of; each names those parts that it needs. A verb is a function of them, of whoever acts,
 * and of what is wanted: `prepare…` looks and may take its time, the verb itself writes and belongs into a transaction.
 */
export interface Domain {
  /** Inside a transaction, those of this transaction. */
  queries: Queries;
  clock: Clock;
  catalog: () => Catalog;
  site: JobsSite;
  /** Reads a file that a definition attaches. */
  readAttached: ReadAttached;
  /** From which keys of jobs are derived. */
  secret: Buffer;
}
