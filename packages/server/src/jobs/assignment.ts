import { join } from 'node:path';
import type { ExchangeRequest, PlannedRun, RunInput, RunPlan, RunTile } from '@quarry/contract';
import { derivedKey } from '../access/keys.ts';
import type { Catalog, HowToRun } from '../catalog/types.ts';
import type { Database } from '../db/database.ts';
import type { LiveCluster } from '../db/queries/find-cluster.ts';
import { findJobInputs } from '../db/queries/find-job-inputs.ts';
import { LIMITS } from '../limits.ts';
import type { Storage } from '../storage/storage.ts';
import type { StoredDefinition } from './definition.ts';
import type { JobState } from './state.ts';

interface Described {
  plan: RunPlan | null;
  runs: PlannedRun[];
}

/** Hands planned runs to agents, in numbered batches that can be given again. */
export interface Assigner {
  runsFor(
    cluster: LiveCluster,
    state: JobState,
    request: Pick<ExchangeRequest, 'lastBatch' | 'wantRuns'>,
  ): Promise<{ batch: number } & Described>;
}

export function createAssigner(options: {
  database: Database;
  storage: Storage;
  catalog: () => Catalog;
  secret: Buffer;
  sharedFileSystem: boolean;
  /** The platform as commands reach it. */
  platformUrl: () => string;
  /** What RESCALE_PROVIDER says. */
  platformName: string;
}): Assigner {
  const { database } = options;

  async function describe(cluster: LiveCluster, numbers: number[]): Promise<Described> {
    if (numbers.length === 0) return { plan: null, runs: [] };
    const definition = JSON.parse(cluster.definition) as StoredDefinition;
    const inputs = await inputsOf(cluster);
    const tiles = definition.jobanalyses.map((tile) => tileOf(cluster, tile));
    return {
      plan: {
        jobId: cluster.job_id,
        tiles,
        inputs,
        walltimeSeconds: cluster.walltime_seconds,
        dryRun: false,
      },
      runs: numbers.map((number) => ({
        runId: String(number),
        directory: join(cluster.directory, 'runs', String(number)),
        variables: [],
      })),
    };
  }

  /** Inputs of all tiles share one directory, so a file attached to several is brought once. */
  async function inputsOf(cluster: LiveCluster): Promise<RunInput[]> {
    const rows = await findJobInputs(database.read, cluster.job_id);
    const byId = new Map<string, RunInput>();
    for (const row of rows) {
      if (byId.has(row.id)) continue;
      byId.set(row.id, {
        name: row.name,
        fileId: row.id,
        sizeBytes: row.size_bytes,
        sha512: row.sha512,
        decompress: row.decompress === 1,
        path: options.sharedFileSystem ? options.storage.localPath(row.sha512) : null,
        url: `${options.platformUrl()}/api/v2/files/${row.id}/contents/`,
      });
    }
    return [...byId.values()];
  }

  function tileOf(cluster: LiveCluster, tile: StoredDefinition['jobanalyses'][number]): RunTile {
    const version: HowToRun | undefined = options
      .catalog()
      .version(tile.analysis.code, tile.analysis.version);
    return {
      command: tile.command,
      environment: {
        ...version?.environment,
        ...platformVariables(cluster),
        ...tile.envVars,
      },
      searchPath: [...(version?.searchPath ?? [])],
      visiblePaths: [...(version?.visiblePaths ?? [])],
      modules: [...(version?.modules ?? [])],
      templates: [],
      preProcess: null,
      postProcess: null,
    };
  }

  /** What commands written for this API find in their environment (api contract 5.4); one node per cluster here. */
  function platformVariables(cluster: LiveCluster): Record<string, string> {
    const cores = String(cluster.cores_per_slot);
    return {
      RESCALE_JOB_ID: cluster.job_id,
      RESCALE_CLUSTER_ID: cluster.id,
      RESCALE_API_KEY: derivedKey(options.secret, 'job', cluster.job_id),
      RESCALE_API_BASE_URL: options.platformUrl(),
      RESCALE_CORE_TYPE: cluster.core_type,
      RESCALE_PROVIDER: options.platformName,
      RESCALE_CORES_PER_SLOT: cores,
      RESCALE_CORES_PER_NODE: cores,
      RESCALE_THREADS_PER_SLOT: cores,
      RESCALE_THREADS_PER_NODE: cores,
      RESCALE_NODES_PER_SLOT: '1',
      RESCALE_SLOTS_PER_NODE: String(cluster.slots),
      RESCALE_GPUS_PER_SLOT: '0',
      RESCALE_GPUS_PER_NODE: '0',
    };
  }

  /** Numbers a new batch of runs that no agent has yet; a single update, so that none is given twice. */
  async function nextBatch(
    cluster: LiveCluster,
    most: number,
  ): Promise<{ batch: number; numbers: number[] }> {
    return database.write(async (queries) => {
      const { batch } = await queries
        .selectFrom('clusters')
        .where('id', '=', cluster.id)
        .select('batch')
        .executeTakeFirstOrThrow();
      const planned = await queries
        .selectFrom('runs')
        .where('job_id', '=', cluster.job_id)
        .where('batch', 'is', null)
        .where('outcome', 'is', null)
        .orderBy('number')
        .limit(most)
        .select('number')
        .execute();
      if (planned.length === 0) return { batch, numbers: [] };
      const numbers = planned.map((run) => run.number);
      await queries
        .updateTable('runs')
        .set({ batch: batch + 1 })
        .where('job_id', '=', cluster.job_id)
        .where('number', 'in', numbers)
        .execute();
      await queries
        .updateTable('clusters')
        .set({ batch: batch + 1 })
        .where('id', '=', cluster.id)
        .execute();
      return { batch: batch + 1, numbers };
    });
  }

  return {
    async runsFor(cluster, state, request) {
      if (request.lastBatch < cluster.batch) {
        const lost = await database.read
          .selectFrom('runs')
          .where('job_id', '=', cluster.job_id)
          .where('batch', '>', request.lastBatch)
          .where('outcome', 'is', null)
          .orderBy('number')
          .select('number')
          .execute();
        return {
          batch: cluster.batch,
          ...(await describe(
            cluster,
            lost.map((run) => run.number),
          )),
        };
      }
      const wanted = Math.min(request.wantRuns, LIMITS.runsPerBatch);
      if (wanted === 0 || state.stop || state.phase === 'completed')
        return { batch: cluster.batch, plan: null, runs: [] };
      const { batch, numbers } = await nextBatch(cluster, wanted);
      return { batch, ...(await describe(cluster, numbers)) };
    },
  };
}
