/** Lists of runs that are narrowed by how they ended and by their values, and ordered by these. */
import type { Page, Run } from '@quarry/contract';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ChosenRuns } from '../src/api/runs/chosen-runs.ts';
import { type SweepRun, type SweepsHarness, startSweepsApi } from './sweeps-harness.ts';

let api: SweepsHarness;
let jobId: string;

const usage = (wallSeconds: number) => ({
  wallSeconds,
  cpuSeconds: 0.5,
  peakMemoryBytes: 1000,
  readBytes: null,
  writtenBytes: null,
});
const RUNS: SweepRun[] = [
  { inputs: ['10', 'flat'], outputs: [['Cd', 0.4]], usage: usage(3) },
  { inputs: ['9', 'round'], outputs: [['Cd', -2]], usage: usage(20) },
  { inputs: ['1e2', 'round'], outcome: 'failed', outputs: [] },
  { inputs: ['8', 'flat'], outcome: 'stopped' },
  { inputs: ['7', 'flat'] },
  { inputs: ['6', 'round'], change: { date_started: null } },
  { inputs: ['5', 'a,b'], outputs: [['Cd', 0.4]], usage: usage(1) },
];

beforeAll(async () => {
  api = await startSweepsApi();
  jobId = await api.addSweep({
    variables: [{ name: 'angle' }, { name: 'shape' }, { name: 'lift', type: 'Output' }],
    runs: RUNS,
  });
});
afterAll(async () => {
  await api[Symbol.asyncDispose]();
});

async function list(query: Record<string, string>, id = jobId): Promise<Page<Run>> {
  const response = await api.get(id, `runs/?${new URLSearchParams({ page_size: '50', ...query })}`);
  expect(response.status).toBe(200);
  return (await response.json()) as Page<Run>;
}
const ids = async (query: Record<string, string>) => (await list(query)).results.map(({ id }) => Number(id));

describe('runs', () => {
  test.each([
    [{ state: 'waiting' }, [6]],
    [{ state: 'executing' }, [5]],
    [{ state: 'waiting,ended' }, [1, 2, 3, 4, 6, 7]],
    [{ outcome: 'failed' }, [3]],
    [{ outcome: 'failed,stopped' }, [3, 4]],
    [{ where: 'angle>=9' }, [1, 2, 3]],
    [{ where: 'angle>9, Cd>0' }, [1]],
    [{ where: 'Cd=0.40' }, [1, 7]],
    [{ where: 'Cd!=0.4' }, [2]],
    [{ where: 'shape=round' }, [2, 3, 6]],
    [{ where: 'shape!=round,outcome=success' }, [1, 7]],
    [{ where: 'wallSeconds<=3' }, [1, 7]],
    [{ where: 'exitCode>0' }, [3]],
    [{ where: 'lift>0' }, []],
    [{ outcome: 'success', state: 'executing' }, []],
  ])('are narrowed: %j', async (query, expected) => {
    expect(await ids(query)).toEqual(expected);
    expect((await list(query)).count).toBe(expected.length);
  });

  test.each([
    ['angle', [7, 6, 5, 4, 2, 1, 3]],
    ['-angle', [3, 1, 2, 4, 5, 6, 7]],
    ['Cd', [2, 1, 7, 3, 4, 5, 6]],
    ['-Cd', [1, 7, 2, 3, 4, 5, 6]],
    ['-wallSeconds', [2, 1, 7, 3, 4, 5, 6]],
    ['-run', [7, 6, 5, 4, 3, 2, 1]],
    ['shape', [7, 1, 4, 5, 2, 3, 6]],
    ['lift', [1, 2, 3, 4, 5, 6, 7]],
  ])('are ordered by %s, those without a value last', async (ordering, expected) => {
    expect(await ids({ ordering })).toEqual(expected);
  });

  test('come in pages that together are the list', async () => {
    const found: string[] = [];
    let path: string | null = `runs/?page_size=2&ordering=-angle&where=${encodeURIComponent('angle<50')}`;
    while (path !== null) {
      const page = (await (await api.get(jobId, path)).json()) as Page<Run>;
      expect(page.count).toBe(6);
      found.push(...page.results.map(({ id }) => id));
      path = page.next?.slice(page.next.indexOf('runs/')) ?? null;
    }
    expect(found).toEqual(['1', '2', '4', '5', '6', '7']);
  });

  test('are looked at anew when one of them has changed', async () => {
    const id = await api.addSweep({ variables: [{ name: 'x' }], runs: [{ inputs: [1] }, { inputs: [2] }] });
    expect((await list({ state: 'ended' }, id)).count).toBe(0);
    await api.files.database.write(async (queries) => {
      await queries
        .updateTable('runs')
        .set({ outcome: 'success' })
        .where('job_id', '=', id)
        .where('number', '=', 2)
        .execute();
    });
    expect((await list({ state: 'ended' }, id)).results.map((run) => run.id)).toEqual(['2']);
  });

  test('are narrowed for some at once only, and whoever wants the same list waits for it with the others', async () => {
    const { read } = api.files.database;
    const { definition } = await read
      .selectFrom('jobs')
      .select('definition')
      .where('id', '=', jobId)
      .executeTakeFirstOrThrow();
    const chosen = new ChosenRuns(read, 2);
    const find = (ordering: string) => chosen.find({ id: jobId, definition }, { ordering });
    const asked = ['angle', 'angle', '-angle', '-angle', 'Cd', '-Cd'];
    const found = await Promise.allSettled(asked.map(find));
    expect(found.map(({ status }) => status)).toEqual([
      ...Array(4).fill('fulfilled'),
      ...Array(2).fill('rejected'),
    ]);
    expect(found[4]).toMatchObject({
      reason: {
        message: expect.stringContaining('2 lists of runs are being narrowed'),
        code: 'too_many_requests',
      },
    });
    // What was refused then, and what fails, holds no place.
    expect([...(await find('Cd'))]).toEqual([2, 1, 7, 3, 4, 5, 6]);
    for (const _ of asked) {
      await expect(find('drag')).rejects.toThrow();
    }
    expect([...(await find('-Cd'))]).toEqual([1, 7, 2, 3, 4, 5, 6]);
  });

  test('of which very many are ordered come as whole runs', async () => {
    const runs = Array.from({ length: 1500 }, (_, index) => ({ inputs: [(index * 7) % 1500] }));
    const id = await api.addSweep({ variables: [{ name: 'x' }], runs });
    const { results } = await list({ ordering: 'x', page_size: '1000' }, id);
    expect(results.map(({ variables }) => variables[0]!.value)).toEqual(
      Array.from({ length: 1000 }, (_, index) => index),
    );
  });

  test.each([
    [{ tag: 'x' }, 'There is no such parameter'],
    [{ state: 'running' }, 'is not a valid choice. Choose of: waiting, executing, ended'],
    [{ outcome: 'good' }, 'is not a valid choice'],
    [{ where: 'drag>1' }, 'There is no column \\"drag\\"'],
    [{ where: 'angle' }, 'is no condition. Write column, operator'],
    [{ where: 'angle>>1' }, 'holds numbers'],
    [{ where: 'angle>small' }, 'The column \\"angle\\" holds numbers: \\"small\\" is none.'],
    [{ where: Array(21).fill('angle>1').join() }, 'no more than 20 conditions'],
    [{ ordering: '-drag' }, 'There is no column \\"drag\\"'],
  ])('are refused in words: %j', async (query, words) => {
    const response = await api.get(jobId, `runs/?${new URLSearchParams(query as Record<string, string>)}`);
    expect(response.status).toBe(400);
    expect(await response.text()).toContain(words);
  });
});
