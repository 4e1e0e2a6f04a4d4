/** A sweep whose runs have all ended, without the time that they would take: planned by the server, then given their ends. */
import { Quarry } from '@quarry/sdk';
import type { Platform } from '@quarry/server/testing';
import { openSqliteFile } from '../../packages/server/src/db/sqlite.ts';

const FAILED_EVERY = 97;
const STARTED = '2026-01-01T00:00:00.000000Z';
const COMPLETED = '2026-01-01T00:00:01.500000Z';

export interface StoredSweep {
  runs: number;
  /** Each from 0 to 1, called x1, x2, …. */
  inputs: number;
  /** What run `number` prints for these inputs. */
  outputs: (inputs: readonly number[], number: number) => Record<string, number>;
}

/**
 * Plans the sweep on a platform, which is stopped and started again meanwhile, and answers the job's id. Each 97th run has failed
 * and printed nothing; the others have succeeded.
 */
export async function storeSweep(
  platform: Platform,
  { runs, inputs, outputs }: StoredSweep,
): Promise<string> {
  const client = new Quarry({ baseUrl: platform.url, apiKey: platform.apiKey });
  const { id } = await client.jobs.create({
    name: `a sweep of ${runs} runs`,
    monteCarloIterations: runs,
    jobanalyses: [
      {
        analysis: { code: 'user_included', version: '0' },
        command: 'true',
        hardware: { coreType: 'quartz', coresPerSlot: 1, slots: 1, walltime: 1 },
      },
    ],
    jobvariables: Array.from({ length: inputs }, (_, index) => ({
      name: `x${index + 1}`,
      variableType: 'Param',
      displayOrder: index,
      valueGeneratorType: 'Uniform',
      valueGeneratorSettings: { minvalue: 0, maxvalue: 1, seed: index + 1 },
    })),
  });
  await client.jobs.submit(id);
  await client.jobs.stop(id);
  await client.jobs.wait(id, { intervalMs: 50, timeoutMs: 60_000 });
  await platform.stop();
  endRuns(`${platform.dataDir}/quarry.db`, id, outputs);
  await platform.restart();
  return id;
}

function endRuns(path: string, jobId: string, outputs: StoredSweep['outputs']): void {
  const database = openSqliteFile(path, 'write');
  try {
    const rows = database
      .prepare('SELECT number, inputs FROM runs WHERE job_id = ?')
      .all(jobId) as unknown as { number: number; inputs: string }[];
    const end = database.prepare(
      'UPDATE runs SET outcome = ?, exit_code = ?, failure = ?, results = ?, usage = ?, date_started = ?, date_completed = ? WHERE job_id = ? AND number = ?',
    );
    const usage = {
      wallSeconds: 1.5,
      cpuSeconds: 1.2,
      peakMemoryBytes: 2 ** 24,
      readBytes: 0,
      writtenBytes: 0,
    };
    database.exec('BEGIN');
    for (const { number, inputs } of rows) {
      const hasFailed = number % FAILED_EVERY === 0;
      const printed = outputs((JSON.parse(inputs) as string[]).map(Number), number);
      end.run(
        hasFailed ? 'failed' : 'success',
        hasFailed ? 1 : 0,
        hasFailed
          ? JSON.stringify({
              code: 'exit_code',
              message: 'It ended with exit code 1.',
              hint: 'Look at its log.',
            })
          : null,
        JSON.stringify(hasFailed ? [] : Object.entries(printed)),
        JSON.stringify(usage),
        STARTED,
        COMPLETED,
        jobId,
        number,
      );
    }
    database.exec('COMMIT');
  } finally {
    database.close();
  }
}
