import { join } from 'node:path';
import { MAX_CLUSTER_IDLE_MINUTES, type ParsedClusterCreation } from '@quarry/contract';
import { type Caller, person } from '../../access/caller.ts';
import type { Catalog } from '../../catalog/types.ts';
import type { Clock } from '../../clock.ts';
import type { Queries } from '../../db/database.ts';
import { findUsableProjects } from '../../db/queries/find-site.ts';
import {
  countOpenPersistentOf,
  insertPersistent,
  writePersistentStatus,
} from '../../db/queries/persistent-clusters.ts';
import { recordEvent } from '../../db/queries/record-event.ts';
import { newId } from '../../ids.ts';
import { LIMITS } from '../../limits.ts';
import { invalidFields, refused } from '../../problems.ts';
import { hardwareProblems } from '../definition/check-definition.ts';
import { gpusPerSlot, secondsOf } from '../definition/columns.ts';
import { rateOf } from '../definition/estimate.ts';
import { maxJobHours } from '../definition/offer.ts';
import type { ClusterSite } from '../life/new-cluster.ts';

/** What the verbs of persistent clusters are made of; each names those parts that it needs. */
export interface ClustersDomain {
  /** Inside a transaction, those of this transaction. */
  queries: Queries;
  clock: Clock;
  catalog: () => Catalog;
  site: ClusterSite & { maxJobHours: number; clusterIdleMinutes: number };
}

/** Creates a persistent cluster, which holds nothing before it is started; answers its id. */
export async function createPersistent(
  { queries, clock, catalog, site }: ClustersDomain,
  actor: Caller,
  asked: ParsedClusterCreation,
): Promise<string> {
  const { userId: ownerId } = person(actor);
  const offer = { catalog: catalog(), maxJobHours: await maxJobHours({ queries, site }, ownerId) };
  const wanted = clusterHere(asked, offer.catalog);
  const { hardware, name, runLowPriority } = wanted;
  const idleMinutes = wanted.idleMinutes ?? site.clusterIdleMinutes;
  await refuseWrong(queries, actor, { wanted, idleMinutes, offer });
  if ((await countOpenPersistentOf(queries, ownerId)) >= LIMITS.persistentClustersPerUser) {
    throw refused(
      `You have ${LIMITS.persistentClustersPerUser} persistent clusters that have not ended, as many as one user may have.`,
      {
        code: 'too_many_clusters',
        hint: 'Shut down those that are no longer needed (POST clusters/{id}/shutdown/).',
      },
    );
  }
  const [id, at] = [newId(), clock.now()];
  const rate = rateOf(offer.catalog, hardware.coreType, runLowPriority);
  await insertPersistent(queries, {
    id,
    owner_id: ownerId,
    project_id: wanted.projectId || null,
    name,
    core_type: hardware.coreType,
    cores_per_slot: hardware.coresPerSlot,
    gpus_per_slot: gpusPerSlot(offer.catalog, hardware),
    slots: hardware.slots,
    walltime_seconds: secondsOf(hardware.walltime ?? offer.maxJobHours),
    idle_seconds: Math.max(1, Math.round(idleMinutes * 60)),
    is_low_priority: runLowPriority ? 1 : 0,
    price_per_core_hour: rate?.pricePerCoreHour ?? '0',
    currency: rate?.currency ?? 'USD',
    analyses: JSON.stringify(
      wanted.installedAnalyses.map(({ analysis: { code, version } }) => ({ code, version: version ?? null })),
    ),
    phase: 'not_started',
    ending: null,
    scheduler: site.schedulerName,
    directory: join(site.clustersDirectory, id),
    handle: null,
    slots_granted: null,
    hostname: null,
    waiting: null,
    date_inserted: at,
    date_submitted: null,
    date_started: null,
    date_ended: null,
  });
  await writePersistentStatus(queries, {
    id: newId(),
    cluster_id: id,
    status: 'Not Started',
    status_date: at,
    status_reason: null,
  });
  await recordEvent(queries, {
    at,
    actorId: ownerId,
    subject: `cluster:${id}`,
    verb: 'created',
    detail: { name },
  });
  return id;
}

/** What is asked for by the codes of this site; the answer shows them. */
function clusterHere(asked: ParsedClusterCreation, catalog: Catalog): ParsedClusterCreation {
  const { otherNames } = catalog;
  return {
    ...asked,
    hardware: { ...asked.hardware, coreType: otherNames.coreType(asked.hardware.coreType) },
    installedAnalyses: asked.installedAnalyses.map((each) => ({
      ...each,
      analysis: { ...each.analysis, code: otherNames.analysis(each.analysis.code) },
    })),
  };
}

async function refuseWrong(
  queries: Queries,
  actor: Caller,
  {
    wanted,
    idleMinutes,
    offer,
  }: {
    wanted: ParsedClusterCreation;
    idleMinutes: number;
    offer: { catalog: Catalog; maxJobHours: number };
  },
): Promise<void> {
  const errors: Record<string, unknown> = {};
  const hardware = hardwareProblems(wanted.hardware, offer);
  if (Object.keys(hardware).length > 0) {
    errors.hardware = hardware;
  }
  if (idleMinutes <= 0 || idleMinutes > MAX_CLUSTER_IDLE_MINUTES) {
    errors.idleMinutes = [`Ensure this value is more than 0 and at most ${MAX_CLUSTER_IDLE_MINUTES}.`];
  }
  const missing = wanted.installedAnalyses.map(({ analysis: { code, version } }) =>
    offer.catalog.version(code, version) === undefined
      ? {
          analysis: {
            code: [`There is no ${code}${version ? ` ${version}` : ''} here. The list is at analyses/.`],
          },
        }
      : {},
  );
  if (missing.some((fields) => 'analysis' in fields)) {
    errors.installedAnalyses = missing;
  }
  const projects = wanted.projectId ? await findUsableProjects(queries, person(actor)) : [];
  if (wanted.projectId && !projects.some(({ id }) => id === wanted.projectId)) {
    errors.projectId = [
      `There is no project "${wanted.projectId}" that you belong to. Yours are at users/me/projects/.`,
    ];
  }
  if (Object.keys(errors).length > 0) {
    throw invalidFields(errors);
  }
}
