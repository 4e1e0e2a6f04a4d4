/** What a sweep that has really executed says about itself: its table, its sensitivity and its response surface. */
import { responseSurface, resultsTable, sensitivity } from '@quarry/contract';
import { parquetReadObjects } from 'hyparquet';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Platform, startPlatform } from '../testing/start-platform.ts';
import { definition, reach, submitJob, until, uploadFile } from './platform-harness.ts';

let platform: Platform;
let jobId: string;

/** T. Ishigami and T. Homma (1990) with a = 7 and b = 0.1, in the words of awk. */
const ISHIGAMI = `awk '{ printf "%.17g", sin($1) + 7 * sin($2)^2 + 0.1 * $3^4 * sin($1) }' point.txt > value.txt`;
const SAMPLES = 16;
const RUNS = SAMPLES * (3 + 2);

const variable = (name: string) => ({
  ...{ name, variableType: 'Param', displayOrder: 1, valueGeneratorType: 'Saltelli' },
  valueGeneratorSettings: { minvalue: -Math.PI, maxvalue: Math.PI, count: SAMPLES, seed: 7 },
});

beforeAll(async () => {
  platform = await startPlatform({ cores: 4 });
  const template = await uploadFile(platform, 'point.tmpl', '${x1} ${x2} ${x3}\n');
  jobId = await submitJob(
    platform,
    definition(
      ISHIGAMI,
      { jobvariables: ['x1', 'x2', 'x3'].map(variable) },
      {
        hardware: { coreType: 'quartz', coresPerSlot: 1, slots: 4 },
        templateTasks: [{ processedFilename: 'point.txt', templateFile: { id: template.id } }],
        postProcessScriptCommand: 'printf "y\\t%s\\n" "$(cat value.txt)"',
      },
    ),
  );
}, 60_000);
afterAll(async () => {
  await platform[Symbol.asyncDispose]();
});

async function read(rest: string): Promise<Response> {
  const response = await fetch(new URL(`/api/v2/jobs/${jobId}/${rest}`, platform.url), {
    headers: { authorization: `Token ${platform.apiKey}` },
  });
  if (response.status !== 200) {
    throw new Error(`${rest}: ${response.status} ${await response.text()}`);
  }
  return response;
}

const ishigami = (x1: number, x2: number, x3: number) =>
  Math.sin(x1) + 7 * Math.sin(x2) ** 2 + 0.1 * x3 ** 4 * Math.sin(x1);

describe('a sweep of the Ishigami function', () => {
  test('tells while it executes what has changed, which together is all', async () => {
    const first = await until(async () => {
      const table = resultsTable.parse(await (await read('results/')).json());
      return table.rows.length === RUNS && table;
    }, 'the planned runs');
    const rows = new Map<unknown, Record<string, unknown>>();
    let [mark, answers] = [first.mark!, 0];
    const keep = ({ columns, rows: changed }: typeof first) => {
      for (const cells of changed) {
        rows.set(cells[0], Object.fromEntries(columns.map(({ name }, place) => [name, cells[place]])));
      }
    };
    keep(first);
    await until(async () => {
      const answer = resultsTable.parse(await (await read(`results/?since=${mark}`)).json());
      expect(answer.isWhole).toBe(false);
      answers += answer.rows.length > 0 ? 1 : 0;
      keep(answer);
      mark = answer.mark!;
      return [...rows.values()].every(({ outcome }) => outcome !== null);
    }, 'the end of all runs');
    const whole = resultsTable.parse(await (await read('results/')).json());
    const names = whole.columns.map(({ name }) => name);
    expect([...rows.values()].map((row) => names.map((name) => row[name] ?? null))).toEqual(whole.rows);
    expect(answers).toBeGreaterThan(0);
  });

  test('has all its runs in the table while it executes', async () => {
    const table = await until(async () => {
      const { columns, rows } = resultsTable.parse(await (await read('results/')).json());
      return rows.length > 0 && { names: columns.map(({ name }) => name), rows };
    }, 'the planned runs');
    expect(table.rows).toHaveLength(RUNS);
    expect(table.names).toEqual(expect.arrayContaining(['run', 'outcome', 'x1', 'x2', 'x3']));
    expect(new Set(table.rows.map((row) => row[table.names.indexOf('x1')])).size).toBe(2 * SAMPLES);
  });

  test('has the value of every point in its table, in every format', async () => {
    await reach(platform, jobId, 'Completed');
    const table = resultsTable.parse(await (await read('results/')).json());
    const names = table.columns.map(({ name }) => name);
    expect(names.slice(-4)).toEqual(['x1', 'x2', 'x3', 'y']);
    const rows = table.rows.map((row) => Object.fromEntries(row.map((cell, at) => [names[at], cell])));
    expect(rows.map(({ run }) => run)).toEqual(rows.map((_row, index) => index + 1));
    for (const { outcome, exitCode, x1, x2, x3, y } of rows) {
      expect([outcome, exitCode]).toEqual(['success', 0]);
      expect(y).toBeCloseTo(ishigami(x1 as number, x2 as number, x3 as number), 10);
    }
    const parquet = await parquetReadObjects({
      file: await (await read('results/?format=parquet')).arrayBuffer(),
    });
    expect(parquet.map(({ run, x1, y }) => [Number(run), x1, y])).toEqual(
      rows.map(({ run, x1, y }) => [run, x1, y]),
    );
    const csv = (await (await read('results/?format=csv')).text()).trimEnd().split('\n');
    expect(csv[0]).toBe(names.join());
    expect(csv.slice(1).map((line) => Number(line.split(',').at(-1)))).toEqual(rows.map(({ y }) => y));
  });

  test("has Sobol' indices near the analytic ones, as near as so few runs allow", async () => {
    const found = sensitivity.parse(await (await read('sensitivity/')).json());
    expect(found).toMatchObject({ method: 'sobol', output: 'y', runs: RUNS, warnings: [] });
    for (const [index, [first, total]] of [
      [0.3139, 0.5576],
      [0.4424, 0.4424],
      [0, 0.2437],
    ].entries()) {
      const input = found.inputs[index]!;
      // The standard error is half of the interval's half-width; four of them are as good as never exceeded.
      expect(Math.abs(input.firstOrder! - first!)).toBeLessThan(2 * input.firstOrderInterval! + 0.1);
      expect(Math.abs(input.totalOrder! - total!)).toBeLessThan(2 * input.totalOrderInterval! + 0.1);
    }
  });

  test('has a response surface', async () => {
    const surface = responseSurface.parse(await (await read('response-surface/?degree=3')).json());
    expect(surface).toMatchObject({ output: 'y', degree: 3, runs: RUNS });
    expect(surface.terms).toHaveLength(20);
    expect(surface.rSquared).toBeGreaterThan(0.2);
    expect(surface.rSquared).toBeLessThan(1);
  });
});
