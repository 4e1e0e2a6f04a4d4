/** The endpoints about a sweep as a whole on a real port, over a database into which tests write runs. */
import type { AddressInfo } from 'node:net';
import type { ParsedJobVariable, RunUsage } from '@quarry/contract';
import type { Insertable, Updateable } from 'kysely';
import { createAuthenticator } from '../src/access/authenticate.ts';
import { Sessions } from '../src/access/sessions.ts';
import { Tickets } from '../src/access/tickets.ts';
import { list } from '../src/api/runs/list.ts';
import { sweepRoutes } from '../src/api/sweeps/index.ts';
import { systemClock } from '../src/clock.ts';
import type { RunRow } from '../src/db/tables.ts';
import { mount } from '../src/http/mount.ts';
import { createRequestLog } from '../src/http/request-log.ts';
import { createLogger } from '../src/logger.ts';
import { type FilesHarness, startFilesApi, upload } from './files-harness.ts';

export interface Variable {
  name: string;
  generator?: ParsedJobVariable['valueGeneratorType'];
  settings?: Record<string, unknown>;
  type?: ParsedJobVariable['variableType'];
}

export interface SweepRun {
  inputs: readonly (string | number)[];
  /** Absent: the run has not ended. */
  outputs?: readonly (readonly [name: string, value: number])[];
  outcome?: string;
  usage?: RunUsage;
  change?: Updateable<RunRow>;
}

export interface SweepOptions {
  variables?: readonly Variable[];
  runs?: readonly SweepRun[];
  /** Further parts of the definition. */
  definition?: object;
}

export interface SweepsHarness extends AsyncDisposable {
  files: FilesHarness;
  /** A submitted job with these runs; answers its id. */
  addSweep(options: SweepOptions): Promise<string>;
  addRuns(jobId: string, runs: readonly SweepRun[], from?: number): Promise<void>;
  /** GET of something of a job, such as `results/?format=csv`. */
  get(
    jobId: string,
    rest: string,
    options?: { method?: string; key?: string; headers?: Record<string, string> },
  ): Promise<Response>;
}

const INSTANT = '2026-01-05T09:00:00.000000Z';

export async function startSweepsApi(): Promise<SweepsHarness> {
  const files = await startFilesApi();
  const { database } = files;
  const { id: input } = await upload(files, 'a template');
  const clock = systemClock();
  const server = mount({
    routes: [...sweepRoutes({ database }), list({ database })],
    authenticator: createAuthenticator({
      database,
      clock,
      clusterOfToken: () => null,
      tickets: new Tickets(clock),
      sessions: new Sessions({ database, clock, idleHours: 1, days: 1 }),
    }),
    logger: createLogger('fatal'),
    requests: createRequestLog(createLogger('fatal')),
    publicUrl: null,
    trustProxy: false,
  });
  await server.listen({ port: 0, host: '127.0.0.1' });
  const { port } = server.server.address() as AddressInfo;

  const addRuns = async (jobId: string, runs: readonly SweepRun[], from = 1) => {
    const rows = runs.map(({ inputs, outputs, outcome, usage, change }, index): Insertable<RunRow> => {
      const hasEnded = outputs !== undefined || outcome !== undefined;
      return {
        job_id: jobId,
        number: from + index,
        batch: 1,
        date_started: INSTANT,
        date_completed: hasEnded ? INSTANT : null,
        outcome: hasEnded ? (outcome ?? 'success') : null,
        exit_code: hasEnded ? (outcome === 'failed' ? 3 : 0) : null,
        failure: null,
        skipped: '[]',
        output_count: 0,
        output_bytes: 0,
        type: 3,
        parent: null,
        is_optimal: 0,
        inputs: JSON.stringify(inputs.map(String)),
        results: JSON.stringify(outputs ?? []),
        usage: usage === undefined ? null : JSON.stringify(usage),
        ...change,
      };
    });
    const ROWS_AT_ONCE = 1000;
    await database.write(async (queries) => {
      for (let start = 0; start < rows.length; start += ROWS_AT_ONCE) {
        await queries
          .insertInto('runs')
          .values(rows.slice(start, start + ROWS_AT_ONCE))
          .execute();
      }
    });
  };
  return {
    files,
    addRuns,
    async addSweep({ variables = [], runs = [], definition = {} }) {
      const { jobId } = await files.addJob([input], 'under way');
      const stored = {
        paramFile: null,
        caseFile: null,
        optimizer: null,
        includeNominalRun: false,
        monteCarloIterations: null,
        jobvariables: variables.map(
          ({ name, generator = 'Values', settings = {}, type = 'Param' }, displayOrder) => ({
            name,
            variableType: type,
            displayOrder,
            valueGeneratorType: generator,
            valueGeneratorSettings: settings,
          }),
        ),
        ...definition,
      };
      await database.write(async (queries) => {
        await queries
          .updateTable('jobs')
          .where('id', '=', jobId)
          .set({ definition: JSON.stringify(stored), is_sweep: variables.length > 0 ? 1 : 0 })
          .execute();
      });
      await addRuns(jobId, runs);
      return jobId;
    },
    get: (jobId, rest, { method = 'GET', key = files.key, headers = {} } = {}) =>
      fetch(`http://127.0.0.1:${port}/api/v2/jobs/${jobId}/${rest}`, {
        method,
        headers: { authorization: `Token ${key}`, ...headers },
      }),
    async [Symbol.asyncDispose]() {
      await server.close();
      await files[Symbol.asyncDispose]();
    },
  };
}
