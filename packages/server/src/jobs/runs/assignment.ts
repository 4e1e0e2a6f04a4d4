import type { ExchangeRequest, PlannedRun, RunPlan } from '@quarry/contract';
import type { Catalog } from '../../catalog/types.ts';
import type { Database } from '../../db/database.ts';
import { assignBatch, findGivenSince, type RunToGive } from '../../db/queries/assign-runs.ts';
import type { LiveCluster } from '../../db/queries/find-cluster.ts';
import { findJobInputs } from '../../db/queries/find-job-inputs.ts';
import {
  countRestoredOfWaiting,
  findRestored,
  findRestoredOfRuns,
  type RestoredRow,
} from '../../db/queries/restored.ts';
import { LIMITS } from '../../limits.ts';
import { inputNames } from '../../sweeps/variables.ts';
import type { Definitions } from '../definition/definitions.ts';
import type { StoredDefinition } from '../definition/stored.ts';
import type { JobState } from '../life/state.ts';
import { toRunId } from './attempts.ts';
import { describePlan, type PlatformWords, restoredOf } from './describe-plan.ts';
import { runDirectory } from './run-directory.ts';

export interface AssignerOptions {
  database: Database;
  definitions: Definitions;
  /** The platform as of now. */
  platform: () => PlatformWords;
}

/** Runs for an agent, with one plan for all of them. */
export interface Assignment {
  batch: number;
  plan: RunPlan | null;
  runs: PlannedRun[];
}

/** Hands planned runs to agents, in numbered batches that can be given again. */
export class Assigner {
  readonly #options: AssignerOptions;

  constructor(options: AssignerOptions) {
    this.#options = options;
  }

  /** The runs that an agent is to have next: those of a batch that it never got, or new ones. */
  async runsFor(
    cluster: LiveCluster,
    state: Pick<JobState, 'stop' | 'phase'>,
    request: Pick<ExchangeRequest, 'lastBatch' | 'wantRuns'>,
  ): Promise<Assignment> {
    const { database } = this.#options;
    if (request.lastBatch < cluster.batch) {
      const lost = await findGivenSince(database.read, cluster.job_id, request.lastBatch);
      return await this.#describe(cluster, cluster.batch, lost);
    }
    const wanted = Math.min(request.wantRuns, LIMITS.runsPerBatch);
    if (wanted === 0 || state.stop || state.phase === 'completed') {
      return { batch: cluster.batch, plan: null, runs: [] };
    }
    const fitting = await this.#fitting(cluster, wanted);
    const { batch, runs } = await database.write((queries) => assignBatch(queries, cluster, fitting));
    return await this.#describe(cluster, batch, runs);
  }

  async #describe(cluster: LiveCluster, batch: number, runs: readonly RunToGive[]): Promise<Assignment> {
    if (runs.length === 0) {
      return { batch, plan: null, runs: [] };
    }
    const { database, definitions, platform } = this.#options;
    const definition = await definitions.of(cluster.job_id);
    const files = await findJobInputs(database.read, cluster.job_id);
    const { ofAll, ofEach } = await this.#findRestored(cluster, definition, runs);
    const names = inputNames(definition);
    const words = platform();
    return {
      batch,
      plan: describePlan(words, cluster, definition, { files, restored: ofAll }),
      runs: runs.map(({ number, attempt, inputs, directory, is_resumed }) => ({
        runId: toRunId(number, attempt),
        directory: directory ?? runDirectory(cluster.directory, number),
        variables: (JSON.parse(inputs) as string[]).map((text, index) => [names[index]!, text]),
        ...(ofEach.has(number) && { restored: ofEach.get(number)!.map((row) => restoredOf(words, row)) }),
        ...(is_resumed === 1 && { resume: true }),
      })),
    };
  }

  /** What all of these runs go on from, or each by itself. */
  async #findRestored(
    { job_id: jobId }: LiveCluster,
    { restart }: StoredDefinition,
    runs: readonly RunToGive[],
  ): Promise<{ ofAll: RestoredRow[]; ofEach: Map<number, RestoredRow[]> }> {
    const { read } = this.#options.database;
    if (restart?.runs === undefined) {
      return { ofAll: restart === null ? [] : await findRestored(read, jobId), ofEach: new Map() };
    }
    const numbers = runs.map(({ number }) => number);
    const rows = await findRestoredOfRuns(read, jobId, numbers);
    return { ofAll: [], ofEach: Map.groupBy(rows, ({ restored_run }) => restored_run!) };
  }

  /** How many runs fit into one answer with the files that each goes on from: one at least. */
  async #fitting({ job_id: jobId }: LiveCluster, wanted: number): Promise<number> {
    const { database, definitions } = this.#options;
    if ((await definitions.of(jobId)).restart?.runs === undefined) {
      return wanted;
    }
    const counts = await countRestoredOfWaiting(database.read, jobId, wanted);
    let files = 0;
    const tooMany = counts.findIndex((count) => {
      files += count;
      return files > LIMITS.restoredFilesPerBatch;
    });
    return tooMany === -1 ? wanted : Math.max(1, tooMany);
  }
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
