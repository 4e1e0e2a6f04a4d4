/** What an agent is told of the runs of a job: one plan for all of them. */
import type { RestoredFile, RunInput, RunPlan, RunScript, RunTile } from '@quarry/contract';
import { derivedKey } from '../../access/keys.ts';
import type { Catalog, HowToRun } from '../../catalog/types.ts';
import type { LiveCluster } from '../../db/queries/find-cluster.ts';
import type { findJobInputs } from '../../db/queries/find-job-inputs.ts';
import type { RestoredRow } from '../../db/queries/restored.ts';
import type { Storage } from '../../storage/storage.ts';
import type { StoredDefinition, StoredTile } from '../definition/stored.ts';

/** The platform as agents and commands are told of it. */
export interface PlatformWords {
  catalog: Catalog;
  /** From which keys of jobs are derived. */
  secret: Buffer;
  /** The platform as commands reach it. */
  url: string;
  /** What RESCALE_PROVIDER says. */
  name: string;
  storage: Pick<Storage, 'localPath'>;
}

type InputRow = Awaited<ReturnType<typeof findJobInputs>>[number];

/** The plan for runs of a job on a cluster; `files` are those that it names, `restored` what its run goes on from. */
export function describePlan(
  platform: PlatformWords,
  cluster: LiveCluster,
  definition: StoredDefinition,
  { files, restored }: { files: readonly InputRow[]; restored: readonly RestoredRow[] },
): RunPlan {
  const { inputs, byId } = filesOf(
    platform,
    files,
    definition.restart && new Set(definition.restart.oldInputs),
  );
  return {
    jobId: cluster.job_id,
    tiles: definition.jobanalyses.map((tile) => tileOf(platform, cluster, tile, byId)),
    inputs,
    deviceInputs: definition.storageDevices.flatMap(({ id: deviceId, inputFiles }) =>
      inputFiles.map((file) => ({ ...file, deviceId, name: file.name! })),
    ),
    ...(restored.length > 0 && { restored: restored.map((row) => restoredOf(platform, row)) }),
    walltimeSeconds: cluster.walltime_seconds,
    dryRun: definition.isTemplateDryRun,
  };
}

/** Inputs of all tiles share one directory, so a file attached to several is brought once. */
function filesOf(
  platform: PlatformWords,
  rows: readonly InputRow[],
  oldInputs: ReadonlySet<string> | null,
): { inputs: RunInput[]; byId: Map<string, RunInput> } {
  const byId = new Map<string, RunInput>();
  const inputs = new Map<string, RunInput>();
  for (const row of rows) {
    const file = fileOf(platform, row);
    byId.set(row.id, { ...file, decompress: false });
    if (row.role === 'input' && !inputs.has(row.id)) {
      inputs.set(row.id, oldInputs?.has(row.id) === false ? { ...file, replacesRestored: true } : file);
    }
  }
  return { inputs: [...inputs.values()], byId };
}

function fileOf(
  { storage, url }: PlatformWords,
  row: Pick<InputRow, 'id' | 'name' | 'size_bytes' | 'sha512' | 'decompress'>,
): RunInput {
  return {
    name: row.name,
    fileId: row.id,
    sizeBytes: row.size_bytes,
    sha512: row.sha512,
    decompress: row.decompress === 1,
    path: storage.localPath(row.sha512),
    url: `${url}/api/v2/files/${row.id}/contents/`,
  };
}

function restoredOf(platform: PlatformWords, row: RestoredRow): RestoredFile {
  return {
    ...fileOf(platform, row),
    relativePath: row.decompress === 1 ? null : row.relative_path,
    executable: row.is_executable === 1,
    modifiedAt: row.date_modified,
  };
}

function tileOf(
  platform: PlatformWords,
  cluster: LiveCluster,
  tile: StoredTile,
  files: ReadonlyMap<string, RunInput>,
): RunTile {
  const { code, version: versionCode } = tile.analysis;
  const version: HowToRun | undefined = platform.catalog.version(code, versionCode);
  return {
    command: tile.command,
    environment: { ...version?.environment, ...platformVariables(platform, cluster), ...tile.envVars },
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
function platformVariables(platform: PlatformWords, cluster: LiveCluster): Record<string, string> {
  const cores = String(cluster.cores_per_slot);
  const gpus = String(cluster.gpus_per_slot);
  return {
    RESCALE_JOB_ID: cluster.job_id,
    RESCALE_CLUSTER_ID: cluster.persistent_id ?? cluster.id,
    RESCALE_API_KEY: derivedKey(platform.secret, 'job', cluster.job_id),
    RESCALE_API_BASE_URL: platform.url,
    RESCALE_CORE_TYPE: cluster.core_type,
    RESCALE_PROVIDER: platform.name,
    RESCALE_CORES_PER_SLOT: cores,
    RESCALE_CORES_PER_NODE: cores,
    RESCALE_THREADS_PER_SLOT: cores,
    RESCALE_THREADS_PER_NODE: cores,
    RESCALE_NODES_PER_SLOT: '1',
    RESCALE_SLOTS_PER_NODE: String(cluster.slots_granted ?? cluster.slots),
    RESCALE_GPUS_PER_SLOT: gpus,
    RESCALE_GPUS_PER_NODE: gpus,
  };
}

/** A script without a command is executed by its name; a command needs no script. */
function scriptOf(
  file: { id: string } | null,
  command: string,
  files: ReadonlyMap<string, RunInput>,
): RunScript | null {
  if (file === null && command.trim() === '') {
    return null;
  }
  return { file: file && files.get(file.id)!, command };
}
