import type { ParsedJobDefinition } from '@quarry/contract';
import type { Person } from '../../access/caller.ts';
import type { Catalog } from '../../catalog/types.ts';
import type { Queries } from '../../db/database.ts';
import { findMaxJobHours, findUsableProjects } from '../../db/queries/find-site.ts';
import { findNamedJobs } from '../../db/queries/job-dependencies.ts';
import { findSeenClusters } from '../../db/queries/persistent-clusters.ts';
import { findUsableDevices } from '../../db/queries/storage-devices.ts';
import { reachOfRole } from '../../db/queries/visible-jobs.ts';
import type { PersistentClusterRow } from '../../db/tables.ts';
import { findAttachableFiles } from '../../files/visibility.ts';
import { attachedFiles } from './attached-files.ts';

/** Who a job belongs to, or will. */
export type Owner = Pick<Person, 'userId' | 'role'>;

/** What a definition is checked against: what the site offers the owner of a job. */
export interface Offer {
  catalog: Catalog;
  /** Projects the owner may use. */
  projects: ReadonlyArray<{ id: string; name: string; isDefault: boolean }>;
  requiresProject: boolean;
  maxJobHours: number;
  /** The walltime of a job that names none, in hours. */
  unnamedHours: number;
  /** Ids of files that the owner may attach: theirs, whole, and not deleted. */
  attachable: ReadonlySet<string>;
  /** Ids of jobs that the owner may see, and so name. */
  nameable: ReadonlySet<string>;
  /** Ids of storage devices that the owner may use. */
  devices: ReadonlySet<string>;
  /** Persistent clusters that definitions name and the owner may see, by id. */
  clusters: ReadonlyMap<string, PersistentClusterRow>;
  ownerId: string;
}

interface Needs {
  queries: Queries;
  catalog: () => Catalog;
  site: { requiresProject: boolean; maxJobHours: number; defaultJobHours: number | null };
}

/** What definitions of an owner are checked against: one look for all of them. */
export async function findOffer(
  { queries, catalog, site }: Needs,
  owner: Owner,
  definitions: readonly ParsedJobDefinition[],
): Promise<Offer> {
  const projects = await findUsableProjects(queries, owner);
  const files = definitions.flatMap(attachedFiles).map(({ id }) => id);
  const named = definitions.flatMap(({ storageDevices }) => storageDevices.map(({ id }) => id));
  const longest = await maxJobHours({ queries, site }, owner.userId);
  const devices = named.length > 0 ? await findUsableDevices(queries, owner, named) : [];
  return {
    catalog: catalog(),
    projects: projects.map(({ id, name, is_default }) => ({ id, name, isDefault: is_default === 1 })),
    requiresProject: site.requiresProject,
    maxJobHours: longest,
    unnamedHours: Math.min(site.defaultJobHours ?? longest, longest),
    attachable: await findAttachableFiles(queries, owner, files),
    nameable: await findNameable(queries, owner, definitions),
    devices: new Set(devices.map(({ id }) => id)),
    clusters: await findClusters(queries, owner, definitions),
    ownerId: owner.userId,
  };
}

async function findClusters(
  queries: Queries,
  owner: Owner,
  definitions: readonly ParsedJobDefinition[],
): Promise<Map<string, PersistentClusterRow>> {
  const ids = definitions.flatMap(({ clusterId }) => (clusterId ? [clusterId] : []));
  const clusters = ids.length > 0 ? await findSeenClusters(queries, owner, ids) : [];
  return new Map(clusters.map((each) => [each.id, each]));
}

async function findNameable(
  queries: Queries,
  { userId, role }: Owner,
  definitions: readonly ParsedJobDefinition[],
): Promise<Set<string>> {
  const ids = new Set(definitions.flatMap(({ after }) => after.map(({ jobId }) => jobId)));
  const jobs = await findNamedJobs(queries, { reach: reachOfRole(role), userId }, [...ids]);
  return new Set(jobs.map(({ id }) => id));
}

/** The longest walltime that a user's jobs may ask for, in hours. */
export async function maxJobHours(
  { queries, site }: Pick<Needs, 'queries'> & { site: { maxJobHours: number } },
  userId: string,
): Promise<number> {
  return (await findMaxJobHours(queries, userId)) ?? site.maxJobHours;
}
