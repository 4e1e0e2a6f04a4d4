/** What has changed in the table of a sweep since somebody looked, and which columns of it are wanted. */
import { type ResultsTable, resultsTable } from '@quarry/contract';
import type { Updateable } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RunRow } from '../src/db/tables.ts';
import { type SweepRun, type SweepsHarness, startSweepsApi } from './sweeps-harness.ts';

let api: SweepsHarness;
beforeAll(async () => {
  api = await startSweepsApi();
});
afterAll(async () => {
  await api[Symbol.asyncDispose]();
});

const VARIABLES = [{ name: 'x' }, { name: 'shape' }];
const planned = (count: number): SweepRun[] =>
  Array.from({ length: count }, (_, index) => ({ inputs: [index, index % 2 ? 'round' : 'flat'] }));

async function read(jobId: string, query = ''): Promise<ResultsTable & { mark: string }> {
  const response = await api.get(jobId, `results/${query}`);
  expect(response.status).toBe(200);
  const table = resultsTable.parse(await response.json());
  return { ...table, mark: table.mark! };
}

async function change(jobId: string, number: number, columns: Updateable<RunRow>): Promise<void> {
  await api.files.database.write(async (queries) => {
    await queries
      .updateTable('runs')
      .set(columns)
      .where('job_id', '=', jobId)
      .where('number', '=', number)
      .execute();
  });
}

const ended = (results: [string, number][]) => ({
  outcome: 'success',
  exit_code: 0,
  date_completed: '2026-01-05T10:00:00.000000Z' as const,
  results: JSON.stringify(results),
});

/** Rows by the number of their run, as objects. */
function byRun({ columns, rows }: ResultsTable) {
  return Object.fromEntries(
    rows.map((cells) => [
      cells[0],
      Object.fromEntries(cells.map((cell, place) => [columns[place]!.name, cell])),
    ]),
  );
}

const since = (mark: string) => `?since=${encodeURIComponent(mark)}`;

async function refusal(jobId: string, query: string) {
  const response = await api.get(jobId, `results/${query}`);
  return { status: response.status, body: JSON.stringify(await response.json()) };
}

describe('changes since a mark', () => {
  test('are none as long as nothing happens', async () => {
    const jobId = await api.addSweep({ variables: VARIABLES, runs: planned(3) });
    const whole = await read(jobId);
    expect([whole.isWhole, whole.rows.length]).toEqual([true, 3]);
    const changes = await read(jobId, since(whole.mark));
    expect([changes.isWhole, changes.rows, changes.mark]).toEqual([false, [], whole.mark]);
  });

  test('are the runs that have ended, with their outputs by name', async () => {
    const jobId = await api.addSweep({ variables: VARIABLES, runs: planned(4) });
    const { mark } = await read(jobId);
    await change(jobId, 3, ended([['Cd', 0.5]]));
    const first = await read(jobId, since(mark));
    expect(byRun(first)).toMatchObject({ 3: { outcome: 'success', x: 2, shape: 'flat', Cd: 0.5 } });
    expect(first.rows).toHaveLength(1);
    await change(jobId, 1, ended([['Cl', 1]]));
    const second = await read(jobId, since(first.mark));
    expect(Object.keys(byRun(second))).toEqual(['1']);
    // Who missed an answer gets what it had.
    expect(Object.keys(byRun(await read(jobId, since(mark))))).toEqual(['1', '3']);
  });

  test('tell of a run that is executed again: what it had printed is gone', async () => {
    const runs = [{ inputs: [1, 'a'], outputs: [['Cd', 1]] as [string, number][] }, ...planned(1)];
    const jobId = await api.addSweep({ variables: VARIABLES, runs });
    const whole = await read(jobId);
    await change(jobId, 1, { outcome: null, exit_code: null, date_completed: null, results: '[]' });
    const changes = await read(jobId, since(whole.mark));
    expect(byRun(changes)).toMatchObject({ 1: { outcome: null, dateCompleted: null, x: 1 } });
    expect(changes.columns.map(({ name }) => name)).not.toContain('Cd');
  });

  test('tell of runs that are new, and of the best run when another has become it', async () => {
    const jobId = await api.addSweep({
      variables: [{ name: 'x', type: 'Design' }],
      definition: { optimizer: { method: 'direct' } },
      runs: [
        { inputs: [], change: { type: 1 } },
        { inputs: ['1'], outputs: [['f', 2]], change: { type: 2, parent: 1, is_optimal: 1 } },
      ],
    });
    const { mark } = await read(jobId);
    await api.addRuns(jobId, [{ inputs: ['2'], outputs: [['f', 1]], change: { type: 2, parent: 1 } }], 3);
    await change(jobId, 2, { is_optimal: 0 });
    expect(byRun(await read(jobId, since(mark)))).toMatchObject({
      2: { isOptimal: false, f: 2 },
      3: { isOptimal: false, x: 2, f: 1 },
    });
  });

  test('are not told of what the table does not show', async () => {
    const jobId = await api.addSweep({ variables: VARIABLES, runs: planned(2) });
    const { mark } = await read(jobId);
    await change(jobId, 1, { collecting: '{}', output_count: 3, stop_requested: 1, outcome: null });
    expect((await read(jobId, since(mark))).mark).toBe(mark);
  });

  test('are as many as there are', async () => {
    const COUNT = 12_000;
    const jobId = await api.addSweep({
      variables: [{ name: 'x' }],
      runs: planned(COUNT).map(({ inputs }) => ({ inputs: [inputs[0]!] })),
    });
    const { mark } = await read(jobId);
    await api.files.database.write(async (queries) => {
      await queries
        .updateTable('runs')
        .set(ended([['y', 1]]))
        .where('job_id', '=', jobId)
        .where('number', '>', 5)
        .execute();
    });
    const { rows } = await read(jobId, since(mark));
    expect([rows.length, rows[0]![0], rows.at(-1)![0]]).toEqual([COUNT - 5, 6, COUNT]);
  });

  test('give way to the whole table where they would not fit, or the mark is of another past', async () => {
    const jobId = await api.addSweep({
      variables: [{ name: 'x' }],
      runs: [{ inputs: [1] }, { inputs: [2] }],
    });
    const { mark } = await read(jobId);
    await api.addRuns(jobId, [{ inputs: ['round'] }], 3);
    const changes = await read(jobId, since(mark));
    expect([changes.isWhole, changes.rows.map((row) => row.at(-1))]).toEqual([true, ['1', '2', 'round']]);
    await change(
      jobId,
      1,
      ended([
        ['x', 1],
        ['x (output)', 2],
      ]),
    );
    for (const text of [changes.mark, '99.3.0', '0.99.0', '0.3.01', '0.0.0']) {
      expect((await read(jobId, since(text))).isWhole).toBe(true);
    }
  });

  test('keep the type of a column although the rows that come would make it another', async () => {
    const jobId = await api.addSweep({
      variables: [{ name: 'x' }],
      runs: [{ inputs: ['1.50'] }, { inputs: ['round'] }],
    });
    const { mark } = await read(jobId);
    await change(jobId, 1, ended([['x', 3]]));
    expect(byRun(await read(jobId, since(mark)))).toMatchObject({ 1: { x: '1.50', 'x (output)': 3 } });
  });

  test('give way to the whole table where another process made the mark, which may have counted what a backup does not know', async () => {
    const jobId = await api.addSweep({ variables: VARIABLES, runs: planned(3) });
    const { mark } = await read(jobId);
    // A restored backup counts on: its marks look like those of before.
    for (const other of [mark.replace(/\.[^.]*$/, ''), mark.replace(/[^.]*$/, 'another')]) {
      const changes = await read(jobId, since(other));
      expect([changes.isWhole, changes.rows.length]).toEqual([true, 3]);
    }
  });

  test('come as JSON only, and after a mark only', async () => {
    const jobId = await api.addSweep({ variables: VARIABLES, runs: planned(1) });
    const { mark } = await read(jobId);
    expect(await refusal(jobId, `${since(mark)}&format=csv`)).toMatchObject({
      status: 400,
      body: expect.stringContaining('Leave out format=csv'),
    });
    for (const text of ['yesterday', '-1.2.', '1.2', `${'9'.repeat(16)}.1.1`]) {
      expect(await refusal(jobId, since(text))).toMatchObject({
        status: 400,
        body: expect.stringContaining('no mark of results'),
      });
    }
  });
});

describe('columns', () => {
  const RUNS: SweepRun[] = [
    {
      inputs: [1, 'flat'],
      outputs: [
        ['Cd', 2],
        ['Cl', 3],
      ],
    },
  ];

  test('come in the order of the table, the number of the run before them, in every format', async () => {
    const jobId = await api.addSweep({ variables: VARIABLES, runs: RUNS });
    const table = await read(jobId, '?columns=Cl,x');
    expect(table.columns.map(({ name }) => name)).toEqual(['run', 'x', 'Cl']);
    expect(table.rows).toEqual([[1, 1, 3]]);
    const csv = await api.get(jobId, 'results/?columns=Cl,x&format=csv');
    expect(await csv.text()).toBe('run,x,Cl\n1,1,3\n');
  });

  test('are empty where the job names an output that no run has printed yet', async () => {
    const jobId = await api.addSweep({
      variables: [{ name: 'x' }, { name: 'lift', type: 'Output' }],
      runs: [{ inputs: [1] }],
    });
    const table = await read(jobId, '?columns=lift');
    expect(table.rows).toEqual([[1, null]]);
    await change(
      jobId,
      1,
      ended([
        ['lift', 5],
        ['drag', 6],
      ]),
    );
    expect((await read(jobId, `${since(table.mark)}&columns=lift`)).rows).toEqual([[1, 5]]);
  });

  test('that there are not are refused with those that there are, as are parameters', async () => {
    const jobId = await api.addSweep({ variables: VARIABLES, runs: RUNS });
    expect(await refusal(jobId, '?columns=Cl,lift')).toMatchObject({
      status: 400,
      body: expect.stringMatching(/no column \\"lift\\".*peakMemoryBytes, x, shape, Cd, Cl/),
    });
    expect(await refusal(jobId, '?column=Cl')).toMatchObject({
      status: 400,
      body: expect.stringContaining('There is no such parameter'),
    });
  });
});

describe('the entity tag', () => {
  test('holds until something changes that the table shows, also of one too long to be kept in memory', async () => {
    const outputs = Array.from({ length: 3000 }, (_, index) => [`output${index}`, index] as [string, number]);
    const runs = Array.from({ length: 30 }, (_, index) => ({ inputs: [index, 'a'], outputs }));
    const jobId = await api.addSweep({ variables: VARIABLES, runs });
    const response = await api.get(jobId, 'results/');
    await response.text();
    const tag = response.headers.get('etag')!;
    const again = () => api.get(jobId, 'results/', { headers: { 'if-none-match': tag } });
    expect((await again()).status).toBe(304);
    await change(jobId, 7, { stop_requested: 1 });
    expect((await again()).status).toBe(304);
    await change(jobId, 7, { exit_code: 9 });
    expect((await again()).status).toBe(200);
  });
});
