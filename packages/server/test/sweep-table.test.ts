import { resultsTable } from '@quarry/contract';
import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readSweepRuns } from '../src/db/queries/find-sweep-table.ts';
import { LIMITS } from '../src/limits.ts';
import { readSweepTable } from '../src/sweeps/analysis/table.ts';
import { type SweepRun, type SweepsHarness, startSweepsApi } from './sweeps-harness.ts';

let api: SweepsHarness;
beforeAll(async () => {
  api = await startSweepsApi();
});
afterAll(async () => {
  await api[Symbol.asyncDispose]();
});

const USAGE = {
  wallSeconds: 1.5,
  cpuSeconds: 0.25,
  peakMemoryBytes: 5_000_000_000,
  readBytes: null,
  writtenBytes: null,
};
const RUN_COLUMNS = [
  'run',
  'outcome',
  'exitCode',
  'dateStarted',
  'dateCompleted',
  'wallSeconds',
  'cpuSeconds',
  'peakMemoryBytes',
];
const DATE = '2026-01-05T09:00:00.000000Z';

async function read(jobId: string) {
  const response = await api.get(jobId, 'results/');
  expect(response.status).toBe(200);
  const text = await response.text();
  const table = resultsTable.parse(JSON.parse(text));
  expect(text).toBe(JSON.stringify(table));
  return { ...table, names: table.columns.map(({ name }) => name), headers: response.headers };
}

async function readParquet(jobId: string) {
  const response = await api.get(jobId, 'results/?format=parquet');
  expect(response.status).toBe(200);
  const file = await response.arrayBuffer();
  return { response, file, rows: await parquetReadObjects({ file }) };
}

const VARIABLES = [{ name: 'x' }, { name: 'shape' }];
const RUNS: SweepRun[] = [
  { inputs: ['1e-3', 'round'], outputs: [['Cd', 0.5]], usage: USAGE },
  {
    inputs: ['-2', 'a "big", one\nof two lines'],
    outputs: [
      ['Cl', -1],
      ['Cd', 1e300],
    ],
  },
  { inputs: ['3.', ''], outcome: 'failed' },
  { inputs: ['4', '=cmd|x'] },
];

describe('the table of a sweep', () => {
  test('has a row for each run, inputs before outputs, each output where it is first named', async () => {
    const table = await read(await api.addSweep({ variables: VARIABLES, runs: RUNS }));
    expect(table.names).toEqual([...RUN_COLUMNS, 'x', 'shape', 'Cd', 'Cl']);
    expect(table.columns.slice(8)).toEqual([
      { name: 'x', kind: 'input', type: 'number' },
      { name: 'shape', kind: 'input', type: 'text' },
      { name: 'Cd', kind: 'output', type: 'number' },
      { name: 'Cl', kind: 'output', type: 'number' },
    ]);
    const none = [null, null, null];
    expect(table.rows).toEqual([
      [1, 'success', 0, DATE, DATE, 1.5, 0.25, 5_000_000_000, 0.001, 'round', 0.5, null],
      [2, 'success', 0, DATE, DATE, ...none, -2, 'a "big", one\nof two lines', 1e300, -1],
      [3, 'failed', 3, DATE, DATE, ...none, 3, '', null, null],
      [4, null, null, DATE, null, ...none, 4, '=cmd|x', null, null],
    ]);
  });

  test('takes the values of an input for texts as soon as one is no number', async () => {
    for (const odd of ['', 'Infinity', 'NaN', '0x10', '1,5', '1e999']) {
      const jobId = await api.addSweep({
        variables: [{ name: 'x' }],
        runs: [{ inputs: ['1'] }, { inputs: [odd] }, { inputs: ['2'] }],
      });
      const table = await read(jobId);
      expect(table.rows.map((row) => row.at(-1))).toEqual(['1', odd, '2']);
    }
  });

  test('gives columns of the same name names of their own, and says so', async () => {
    const table = await read(
      await api.addSweep({
        variables: [{ name: 'run' }, { name: 'Cd' }],
        runs: [
          {
            inputs: ['7', '8'],
            outputs: [
              ['Cd', 9],
              ['run', 10],
              ['Cd (output)', 11],
            ],
          },
        ],
      }),
    );
    expect(table.names.slice(8)).toEqual([
      'run (input)',
      'Cd',
      'Cd (output)',
      'run (output)',
      'Cd (output) (output)',
    ]);
    expect(table.rows[0]!.slice(8)).toEqual([7, 8, 9, 10, 11]);
    expect(table.headers.get('warning')).toContain("'Cd' has the column 'Cd (output)'");
  });

  test('leaves the variables out that are no inputs', async () => {
    const table = await read(
      await api.addSweep({
        variables: [
          { name: 'a', type: 'Case' },
          { name: 'o', type: 'Output' },
          { name: 'b', type: 'Design' },
        ],
        runs: [{ inputs: ['1', '2'], outputs: [['o', 3]] }],
      }),
    );
    expect(table.names.slice(8)).toEqual(['a', 'b', 'o']);
    expect(table.rows[0]!.slice(8)).toEqual([1, 2, 3]);
  });

  test('of an optimization marks what is optimal, and has no row for the optimization itself', async () => {
    const table = await read(
      await api.addSweep({
        variables: [{ name: 'x', type: 'Design' }],
        definition: { optimizer: { method: 'direct' } },
        runs: [
          { inputs: [], change: { type: 1 } },
          { inputs: ['1'], outputs: [['f', 2]], change: { type: 2, parent: 1 } },
          { inputs: ['2'], outputs: [['f', 1]], change: { type: 2, parent: 1, is_optimal: 1 } },
        ],
      }),
    );
    expect(table.names.slice(8)).toEqual(['isOptimal', 'x', 'f']);
    expect(table.rows.map((row) => [row[0], ...row.slice(8)])).toEqual([
      [2, false, 1, 2],
      [3, true, 2, 1],
    ]);
  });

  test('of a plain job is its one run, and of one that was not submitted empty', async () => {
    const plain = await read(await api.addSweep({ runs: [{ inputs: [], outputs: [] }] }));
    expect([plain.names, plain.rows.length]).toEqual([RUN_COLUMNS, 1]);
    const jobId = await api.addSweep({ variables: VARIABLES });
    expect((await read(jobId)).rows).toEqual([]);
    expect(await (await api.get(jobId, 'results/?format=csv')).text()).toBe(
      `${[...RUN_COLUMNS, 'x', 'shape'].join(',')}\n`,
    );
    expect((await readParquet(jobId)).rows).toEqual([]);
  });

  test('cuts off outputs beyond the limit, and says so', async () => {
    const outputs = Array.from(
      { length: LIMITS.resultOutputs + 5 },
      (_, index) => [`o${index}`, index] as const,
    );
    const table = await read(await api.addSweep({ runs: [{ inputs: [], outputs }] }));
    expect(table.names.at(-1)).toBe(`o${LIMITS.resultOutputs - 1}`);
    expect(table.headers.get('warning')).toContain(String(LIMITS.resultOutputs));
  });

  test('shows a run that ends while it is written as it was before', async () => {
    const runs = Array.from(
      { length: 1200 },
      (_, index): SweepRun => ({
        inputs: [index],
        outputs: [['y', index]],
      }),
    );
    runs[1199] = { inputs: [1199] };
    const jobId = await api.addSweep({ variables: [{ name: 'x' }], runs });
    const { database } = api.files;
    const table = await readSweepTable(() => readSweepRuns(database.read, jobId), {
      inputs: ['x'],
      hasOptimum: false,
    });
    await database.write(async (queries) => {
      await queries
        .updateTable('runs')
        .where('job_id', '=', jobId)
        .where('number', '=', 1200)
        .set({ outcome: 'success', results: '[["late",1]]' })
        .execute();
    });
    await api.addRuns(jobId, [{ inputs: [1200], outputs: [['y', 1]] }], 1201);
    const rows: unknown[] = [];
    for await (const some of table.rows()) {
      rows.push(...some);
    }
    expect(rows).toHaveLength(1200);
    expect(rows.at(-1)).toEqual([1200, null, null, DATE, null, null, null, null, 1199, null]);
  });

  test('is somebody else’s', async () => {
    const { key } = await api.files.addUser('member');
    const jobId = await api.addSweep({ variables: VARIABLES });
    expect((await api.get(jobId, 'results/', { key })).status).toBe(404);
  });

  test('comes in three formats, and no other', async () => {
    const jobId = await api.addSweep({ variables: VARIABLES });
    const response = await api.get(jobId, 'results/?format=xls');
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({ format: [expect.stringContaining('json, csv, parquet')] });
    for (const format of ['json', 'csv', 'parquet']) {
      const path = `results/?format=${format.toUpperCase()}`;
      const [get, head] = [await api.get(jobId, path), await api.get(jobId, path, { method: 'HEAD' })];
      for (const header of ['content-type', 'content-length', 'content-disposition']) {
        expect(head.headers.get(header)).toBe(get.headers.get(header));
      }
      expect((await get.text()).length).toBeGreaterThan(0);
      expect(await head.text()).toBe('');
    }
  });
});

describe('the table as CSV', () => {
  test('quotes what needs it and alters nothing', async () => {
    const jobId = await api.addSweep({ variables: VARIABLES, runs: RUNS });
    const response = await api.get(jobId, 'results/?format=csv');
    expect(response.headers.get('content-type')).toBe('text/csv; charset=utf-8; header=present');
    expect(response.headers.get('content-disposition')).toBe(`attachment; filename="${jobId}-results.csv"`);
    expect(await response.text()).toBe(
      [
        `${[...RUN_COLUMNS, 'x', 'shape', 'Cd', 'Cl'].join(',')}\n`,
        `1,success,0,${DATE},${DATE},1.5,0.25,5000000000,0.001,round,0.5,\n`,
        `2,success,0,${DATE},${DATE},,,,-2,"a ""big"", one\nof two lines",1e+300,-1\n`,
        `3,failed,3,${DATE},${DATE},,,,3,"",,\n`,
        `4,,,${DATE},,,,,4,=cmd|x,,\n`,
      ].join(''),
    );
  });
});

describe('the table as Parquet', () => {
  test('holds numbers, counts, texts and dates as what they are', async () => {
    const jobId = await api.addSweep({ variables: VARIABLES, runs: RUNS });
    const { response, file, rows } = await readParquet(jobId);
    expect(response.headers.get('content-type')).toBe('application/vnd.apache.parquet');
    expect(response.headers.get('content-disposition')).toBe(
      `attachment; filename="${jobId}-results.parquet"`,
    );
    expect(
      parquetMetadata(file)
        .schema.slice(1)
        .map(({ name, type }) => [name, type]),
    ).toEqual([
      ['run', 'INT64'],
      ['outcome', 'BYTE_ARRAY'],
      ['exitCode', 'INT64'],
      ['dateStarted', 'INT64'],
      ['dateCompleted', 'INT64'],
      ['wallSeconds', 'DOUBLE'],
      ['cpuSeconds', 'DOUBLE'],
      ['peakMemoryBytes', 'INT64'],
      ['x', 'DOUBLE'],
      ['shape', 'BYTE_ARRAY'],
      ['Cd', 'DOUBLE'],
      ['Cl', 'DOUBLE'],
    ]);
    expect(rows[0]).toMatchObject({
      run: 1n,
      outcome: 'success',
      exitCode: 0n,
      dateStarted: new Date('2026-01-05T09:00:00Z'),
      wallSeconds: 1.5,
      peakMemoryBytes: 5_000_000_000n,
      x: 0.001,
      shape: 'round',
      Cd: 0.5,
    });
    expect(rows.map(({ shape }) => shape)).toEqual(RUNS.map(({ inputs }) => inputs[1]));
    expect(rows[3]!.outcome ?? null).toBeNull();
    expect(rows[3]!.dateCompleted ?? null).toBeNull();
  });

  test('is complete and in order over many groups', async () => {
    const COUNT = 12_345;
    const runs = Array.from(
      { length: COUNT },
      (_, index): SweepRun => ({
        inputs: [index / 8],
        outputs: index % 3 === 0 ? [] : [['y', -index]],
      }),
    );
    const { rows } = await readParquet(await api.addSweep({ variables: [{ name: 'x' }], runs }));
    expect(rows).toHaveLength(COUNT);
    const expected = runs.map((_run, index) => [
      BigInt(index + 1),
      index / 8,
      index % 3 === 0 ? null : -index,
    ]);
    expect(rows.map(({ run, x, y }) => [run, x, y ?? null])).toEqual(expected);
  });
});
