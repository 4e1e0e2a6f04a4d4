import { type Caller, person } from '../../access/caller.ts';
import { findJob } from '../../db/queries/find-job.ts';
import { findPersistent } from '../../db/queries/persistent-clusters.ts';
import { type Restored, readRestored } from '../../db/queries/restored.ts';
import { readDefinition, type WantedDefinition } from '../definition/stored.ts';
import type { Domain } from './domain.ts';

const NAME_CHARACTERS = 255;

/** A job that is to be saved. */
export interface WantedJob {
  wanted: WantedDefinition;
  /** What its runs go on from in another job. */
  restored?: Restored;
  /** What is different from what may be expected. */
  notes?: string[];
}

/** What a clone of a job is saved with, by `saveJob`: the same definition, under another name where none is given. */
export async function wantedClone(
  { queries }: Pick<Domain, 'queries'>,
  actor: Caller,
  { jobId, name }: { jobId: string; name?: string },
): Promise<WantedJob> {
  const original = await findJob(queries, actor, jobId);
  const definition = readDefinition(original.definition);
  const cluster = await clusterOfCopy(queries, actor, definition);
  const wanted = {
    ...definition,
    // Whoever logs in there does so with the reach of the job's owner: the owner says who that is.
    publicKey: original.owner_id === person(actor).userId ? definition.publicKey : '',
    name: name ?? `Copy of ${original.name}`.slice(0, NAME_CHARACTERS),
    clonedFrom: original.id,
    // No form has made it: its template may be archived, or not for whoever makes the copy.
    jobTemplate: null,
    // It starts when it is submitted: what the original waited for has ended, or is gone.
    after: [],
    ...cluster.kept,
  };
  // One that went on from another job's files begins with them again.
  const restored = wanted.restart === null ? undefined : await readRestored(queries, original.id);
  return { wanted, ...(restored && { restored }), notes: cluster.notes };
}

/** A copy of a job goes to the same persistent cluster, unless that has ended or is not for whoever makes the copy. */
export async function clusterOfCopy(
  queries: Domain['queries'],
  actor: Caller,
  { clusterId, projectId }: Pick<WantedDefinition, 'clusterId' | 'projectId'>,
): Promise<{ kept: { clusterId: string | null }; notes: string[] }> {
  if (!clusterId) {
    return { kept: { clusterId: null }, notes: [] };
  }
  const cluster = await findPersistent(queries, actor, clusterId);
  const isOver = cluster?.phase === 'ending' || cluster?.phase === 'stopped';
  // Administrators see also those that take no jobs of theirs.
  const isFor =
    cluster !== undefined &&
    (cluster.owner_id === person(actor).userId ||
      (cluster.project_id !== null && cluster.project_id === projectId));
  if (isFor && !isOver) {
    return { kept: { clusterId }, notes: [] };
  }
  const why = isOver ? 'has ended' : 'is not one for jobs of yours';
  return {
    kept: { clusterId: null },
    notes: [`Cluster ${clusterId} of the original ${why}: the copy gets a cluster of its own.`],
  };
}
