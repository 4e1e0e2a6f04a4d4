import type { ExchangeRequest, PlannedRun, RunPlan } from '@quarry/contract';
import type { Catalog } from '../../catalog/types.ts';
import type { Database } from '../../db/database.ts';
import { assignBatch, findGivenSince, type RunToGive } from '../../db/queries/assign-runs.ts';
import type { LiveCluster } from '../../db/queries/find-cluster.ts';
import { findJobInputs } from '../../db/queries/find-job-inputs.ts';
import { findRestored } from '../../db/queries/restored.ts';
import { LIMITS } from '../../limits.ts';
import { inputNames } from '../../sweeps/variables.ts';
import type { Definitions } from '../definition/definitions.ts';
import type { JobState } from '../life/state.ts';
import { toRunId } from './attempts.ts';
import { describePlan, type PlatformWords } from './describe-plan.ts';
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
    const { batch, runs } = await database.write((queries) => assignBatch(queries, cluster, wanted));
    return await this.#describe(cluster, batch, runs);
  }

  async #describe(cluster: LiveCluster, batch: number, runs: readonly RunToGive[]): Promise<Assignment> {
    if (runs.length === 0) {
      return { batch, plan: null, runs: [] };
    }
    const { database, definitions, platform } = this.#options;
    const definition = await definitions.of(cluster.job_id);
    const files = await findJobInputs(database.read, cluster.job_id);
    const restored = definition.restart === null ? [] : await findRestored(database.read, cluster.job_id);
    const names = inputNames(definition);
    return {
      batch,
      plan: describePlan(platform(), cluster, definition, { files, restored }),
      runs: runs.map(({ number, attempt, inputs, directory, is_resumed }) => ({
        runId: toRunId(number, attempt),
        directory: directory ?? runDirectory(cluster.directory, number),
        variables: (JSON.parse(inputs) as string[]).map((text, index) => [names[index]!, text]),
        ...(is_resumed === 1 && { resume: true }),
      })),
    };
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
