/** Jobs in a database of their own, without a platform around it: for what happens to their rows. */
import type { RetryPolicy } from '@quarry/contract';
import type { Caller } from '../src/access/caller.ts';
import { buildCatalog } from '../src/catalog/catalog.ts';
import { systemClock } from '../src/clock.ts';
import { openDatabase } from '../src/db/open.ts';
import { insertCluster } from '../src/jobs/life/new-cluster.ts';
import { SAVED } from '../src/jobs/life/state.ts';
import { applyEvent } from '../src/jobs/life/store.ts';
import { beginOptimization } from '../src/jobs/optimization/optimization.ts';
import { insertRuns } from '../src/jobs/runs/insert-runs.ts';

export const SITE = {
  clustersDirectory: '/nowhere',
  agentDirectory: null,
  schedulerName: 'local',
  lostRunDays: 7,
};
export const NOW = '2026-01-05T09:00:00.000000Z';

export const OWNER: Caller = {
  kind: 'user',
  userId: 'u',
  email: 'u@e',
  role: 'member',
  workspaceId: 'w',
  credential: { kind: 'key', id: 'k' },
};

export interface WantedJob {
  isOptimization: boolean;
  runs: number;
  retryPolicy:
    | (Omit<RetryPolicy, 'exitCodes' | 'agentLost'> & {
        exitCodes: readonly number[] | null;
        agentLost?: RetryPolicy['agentLost'];
      })
    | null;
}

/** What a host of four cores offers, without any software. */
const CATALOG = buildCatalog({
  site: {
    settings: { builtInAnalyses: false, hostSoftware: false },
    aliases: { publicNames: false, coreTypes: {}, analyses: {}, anyVersion: false },
    coreTypes: [],
    analyses: [],
    prices: [],
  },
  host: { hostname: 'test', cores: 4, memoryMb: 16_000, processorInfo: 'Test CPU', gpus: 0 },
  capacity: { cores: 4, gpus: 0, of: 'this host' },
  software: { builtIn: [], found: [] },
});

/** A database with one user, and what verbs need beside it. */
export async function openWorld(path: string, site = SITE) {
  const database = await openDatabase(path);
  const clock = systemClock();
  await database.write(async (queries) => {
    const workspace = { id: 'w', name: 'w', company_code: 'w', company_name: 'w', date_inserted: NOW };
    await queries.insertInto('workspaces').values(workspace).execute();
    await queries
      .insertInto('users')
      .values({
        ...{ id: 'u', workspace_id: 'w', email: 'u@e', first_name: '', last_name: '', role: 'member' },
        ...{ max_job_hours: null, is_active: 1, date_inserted: NOW },
      })
      .execute();
  });
  const limits = {
    requiresProject: false,
    maxJobHours: 48,
    defaultJobHours: null,
    clusterIdleMinutes: 30,
    hasSandbox: true,
    grantedSlots: () => 4,
  };
  // What follows from events is the engine's; here only what they leave in the database matters.
  const domain = { clock, site: { ...site, ...limits }, catalog: () => CATALOG };
  return { database, clock, site, domain };
}
export type World = Awaited<ReturnType<typeof openWorld>>;

/** Submits a job with runs that an agent has yet to be given. */
export async function submitJob(world: World, id: string, wanted: WantedJob) {
  const { database, clock } = world;
  const optimizer = {
    ...{ method: 'nelder-mead', objective: { name: 'f', goal: 'minimize' }, constraints: [] },
    ...{ maxRuns: 8, target: null, tolerance: null, patience: 20 },
  };
  const definition = {
    jobvariables: [
      {
        ...{ name: 'x', displayOrder: 0, variableType: 'Design', valueGeneratorType: '' },
        valueGeneratorSettings: { minvalue: 0, maxvalue: 1 },
      },
    ],
    optimizer: wanted.isOptimization ? optimizer : null,
    retryPolicy: wanted.retryPolicy,
    isTemplateDryRun: false,
    jobanalyses: [],
  } as never;
  await database.write(async (queries) => {
    await queries
      .insertInto('jobs')
      .values({
        ...{ id, owner_id: 'u', project_id: null, name: 'a job', description: '', tags: '[]' },
        ...{ definition: JSON.stringify(definition), state: JSON.stringify(SAVED), status: null },
        ...{ is_completed: 0, is_low_priority: 0, core_type: 'quartz', cores_per_slot: 1, slots: 2 },
        ...{ walltime_seconds: 10, price_per_core_hour: '0', currency: 'USD', analysis_names: '[]' },
        ...{ cloned_from: null, waiting: null, output_bytes: 0, is_sweep: 1, date_inserted: NOW },
        ...{ date_submitted: null, date_started: null, date_completed: null, deleted_at: null },
      })
      .execute();
    const runs = wanted.isOptimization
      ? await beginOptimization(queries, id, definition)
      : await insertRuns(queries, id, { count: wanted.runs, values: (index) => [String(index)] }).then(
          () => wanted.runs,
        );
    await insertCluster(queries, clock, world.site, id);
    await applyEvent(queries, clock, id, { type: 'submitted', runs });
  });
}
