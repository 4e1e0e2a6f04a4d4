import type { ExchangeRequest, PlannedRun, RunInput, RunPlan, RunScript, RunTile } from '@quarry/contract';
import { derivedKey } from '../../access/keys.ts';
import type { Catalog, HowToRun } from '../../catalog/types.ts';
import type { Database } from '../../db/database.ts';
import { findCluster, type LiveCluster } from '../../db/queries/find-cluster.ts';
import { findJobInputs } from '../../db/queries/find-job-inputs.ts';
import { LIMITS } from '../../limits.ts';
import type { Storage } from '../../storage/storage.ts';
import { inputNames, type StoredTile } from '../definition/definition.ts';
import type { Definitions } from '../definition/definitions.ts';
import type { JobState } from '../state.ts';
import { type StoredRun, toRunId } from './attempts.ts';
import { runDirectory } from './run-directory.ts';

const TO_GIVE = ['number', 'attempt', 'inputs', 'directory', 'is_resumed'] as const;
type RunToGive = Pick<StoredRun, (typeof TO_GIVE)[number]>;

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
  definitions: Definitions;
  storage: Storage;
  catalog: () => Catalog;
  secret: Buffer;
  sharedFileSystem: boolean;
  /** The platform as commands reach it. */
  platformUrl: () => string;
  /** What RESCALE_PROVIDER says. */
  platformName: string;
}): Assigner {
  const { database, definitions } = options;

  async function describe(cluster: LiveCluster, runs: RunToGive[]): Promise<Described> {
    if (runs.length === 0) return { plan: null, runs: [] };
    const definition = await definitions.of(cluster.job_id);
    const files = await filesOf(cluster);
    const names = inputNames(definition);
    return {
      plan: {
        jobId: cluster.job_id,
        tiles: definition.jobanalyses.map((tile) => tileOf(cluster, tile, files.byId)),
        inputs: files.inputs,
        walltimeSeconds: cluster.walltime_seconds,
        dryRun: definition.isTemplateDryRun,
      },
      runs: runs.map(({ number, attempt, inputs, directory, is_resumed }) => ({
        runId: toRunId(number, attempt),
        directory: directory ?? runDirectory(cluster.directory, number),
        variables: (JSON.parse(inputs) as string[]).map((text, index) => [names[index]!, text]),
        ...(is_resumed === 1 && { resume: true }),
      })),
    };
  }

  /** Inputs of all tiles share one directory, so a file attached to several is brought once. */
  async function filesOf(cluster: LiveCluster): Promise<{ inputs: RunInput[]; byId: Map<string, RunInput> }> {
    const rows = await findJobInputs(database.read, cluster.job_id);
    const byId = new Map<string, RunInput>();
    const inputs = new Map<string, RunInput>();
    for (const row of rows) {
      const file: RunInput = {
        name: row.name,
        fileId: row.id,
        sizeBytes: row.size_bytes,
        sha512: row.sha512,
        decompress: row.decompress === 1,
        path: options.sharedFileSystem ? options.storage.localPath(row.sha512) : null,
        url: `${options.platformUrl()}/api/v2/files/${row.id}/contents/`,
      };
      byId.set(row.id, { ...file, decompress: false });
      if (row.role === 'input' && !inputs.has(row.id)) inputs.set(row.id, file);
    }
    return { inputs: [...inputs.values()], byId };
  }

  function tileOf(cluster: LiveCluster, tile: StoredTile, files: ReadonlyMap<string, RunInput>): RunTile {
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
      templates: tile.templateTasks.map(({ templateFile, processedFilename }) => ({
        file: files.get(templateFile.id)!,
        processedFilename,
      })),
      preProcess: scriptOf(tile.preProcessScript, tile.preProcessScriptCommand, files),
      postProcess: scriptOf(tile.postProcessScript, tile.postProcessScriptCommand, files),
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
      RESCALE_SLOTS_PER_NODE: String(cluster.slots_granted ?? cluster.slots),
      RESCALE_GPUS_PER_SLOT: '0',
      RESCALE_GPUS_PER_NODE: '0',
    };
  }

  /** Numbers a new batch of runs that no agent has yet; a single update, so that none is given twice. */
  async function nextBatch(
    cluster: LiveCluster,
    most: number,
  ): Promise<{ batch: number; planned: RunToGive[] }> {
    return database.write(async (queries) => {
      const now = await findCluster(queries, cluster.id);
      // It ended since it was looked at: what would be given to it would never be executed.
      if (!now) return { batch: cluster.batch, planned: [] };
      const { batch } = now;
      const planned = await queries
        .selectFrom('runs')
        .where('job_id', '=', cluster.job_id)
        .where('batch', 'is', null)
        .where('outcome', 'is', null)
        .orderBy('number')
        .limit(most)
        .select(TO_GIVE)
        .execute();
      if (planned.length === 0) return { batch, planned };
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
      return { batch: batch + 1, planned };
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
          .select(TO_GIVE)
          .execute();
        return {
          batch: cluster.batch,
          ...(await describe(cluster, lost)),
        };
      }
      const wanted = Math.min(request.wantRuns, LIMITS.runsPerBatch);
      if (wanted === 0 || state.stop || state.phase === 'completed')
        return { batch: cluster.batch, plan: null, runs: [] };
      const { batch, planned } = await nextBatch(cluster, wanted);
      return { batch, ...(await describe(cluster, planned)) };
    },
  };
}

/** What the software of a job's tiles shows of hidden places, for a sandbox that stands for all of them. */
export async function visiblePathsOf(
  definitions: Definitions,
  catalog: Catalog,
  jobId: string,
): Promise<string[]> {
  const { jobanalyses } = await definitions.of(jobId);
  const paths = jobanalyses.flatMap(
    ({ analysis }) => catalog.version(analysis.code, analysis.version)?.visiblePaths ?? [],
  );
  return [...new Set(paths)];
}

/** A script without a command is executed by its name; a command needs no script. */
function scriptOf(
  file: { id: string } | null,
  command: string,
  files: ReadonlyMap<string, RunInput>,
): RunScript | null {
  if (file === null && command.trim() === '') return null;
  return { file: file && files.get(file.id)!, command };
}
