import { type ResponseSurface, responseSurface } from '@quarry/contract';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type SweepRun, type SweepsHarness, startSweepsApi, type Variable } from './sweeps-harness.ts';

let api: SweepsHarness;
beforeAll(async () => {
  api = await startSweepsApi();
});
afterAll(async () => {
  await api[Symbol.asyncDispose]();
});

async function fit(jobId: string, query = ''): Promise<ResponseSurface> {
  const response = await api.get(jobId, `response-surface/${query}`);
  const body = await response.json();
  expect([response.status, response.status === 200 ? '' : body]).toEqual([200, '']);
  return responseSurface.parse(body);
}

async function refused(jobId: string, query = ''): Promise<[status: number, body: Record<string, unknown>]> {
  const response = await api.get(jobId, `response-surface/${query}`);
  return [response.status, (await response.json()) as Record<string, unknown>];
}

/** Every combination of these speeds and angles. */
const GRID = [10, 20, 30, 40].flatMap((speed) => [-4, -2, 0, 2, 4].map((angle) => [speed, angle] as const));
const VARIABLES: Variable[] = [{ name: 'speed' }, { name: 'angle' }];
const drag = (speed: number, angle: number) => 1 + 0.5 * speed - 0.25 * speed * angle + 2 * angle ** 2;
const RUNS = GRID.map(
  ([speed, angle]): SweepRun => ({
    inputs: [speed, angle],
    outputs: [['drag', drag(speed, angle)]],
  }),
);

describe('the response surface of a sweep', () => {
  test('is of second degree with interactions unless something else is asked for', async () => {
    const surface = await fit(await api.addSweep({ variables: VARIABLES, runs: RUNS }));
    expect(surface).toMatchObject({ output: 'drag', degree: 2, runs: 20, warnings: [] });
    const expected = [
      [{}, 1],
      [{ speed: 1 }, 0.5],
      [{ angle: 1 }, 0],
      [{ speed: 2 }, 0],
      [{ speed: 1, angle: 1 }, -0.25],
      [{ angle: 2 }, 2],
    ] as const;
    expect(surface.terms.map(({ powers }) => powers)).toEqual(expected.map(([powers]) => powers));
    for (const [index, [, value]] of expected.entries()) {
      expect(surface.terms[index]!.coefficient).toBeCloseTo(value, 10);
      expect(surface.terms[index]!.standardError).toBeCloseTo(0, 10);
    }
    expect(surface.rSquared).toBeCloseTo(1, 12);
    expect(surface.adjustedRSquared).toBeCloseTo(1, 12);
    expect(surface.rootMeanSquareError).toBeCloseTo(0, 10);
  });

  test('is of the degree that is asked for, without interactions when they are not wanted', async () => {
    const jobId = await api.addSweep({ variables: VARIABLES, runs: RUNS });
    const count = async (query: string) => (await fit(jobId, query)).terms.length;
    expect(await count('?degree=1')).toBe(3);
    expect(await count('?degree=2&interactions=false')).toBe(5);
    expect(await count('?degree=3')).toBe(10);
    expect((await fit(jobId, '?degree=2&interactions=false')).rSquared).toBeLessThan(0.9);
    expect((await refused(jobId, '?degree=4'))[0]).toBe(400);
  });

  test('rests on the runs that have the output, and leaves out inputs that do not vary', async () => {
    const runs = RUNS.map(({ inputs, outputs }): SweepRun => ({ inputs: [...inputs, 7], outputs }));
    runs[3] = { inputs: runs[3]!.inputs, outcome: 'failed' };
    runs[4] = { inputs: runs[4]!.inputs };
    const surface = await fit(
      await api.addSweep({ variables: [...VARIABLES, { name: 'density' }], runs }),
      '?output=drag',
    );
    expect([surface.runs, surface.terms.length]).toEqual([18, 6]);
    expect(surface.warnings).toEqual([
      '1 of 20 runs have not ended yet; the figures will change.',
      '1 of 19 runs that have ended do not count, since they failed or did not print "drag".',
      'Left out of the polynomial, since they do not vary: density.',
    ]);
  });

  test('is refused for inputs that are texts', async () => {
    const runs = RUNS.map(
      ({ inputs, outputs }, run): SweepRun => ({
        inputs: [inputs[0]!, run % 2 === 0 ? 'flat' : 'curved'],
        outputs,
      }),
    );
    expect(await refused(await api.addSweep({ variables: VARIABLES, runs }))).toMatchObject([
      409,
      { code: 'not_numeric', detail: expect.stringContaining('these inputs have texts: angle') },
    ]);
  });

  test('is refused when nothing varies', async () => {
    const runs = [1, 2, 3].map((y): SweepRun => ({ inputs: [1, 1], outputs: [['drag', y]] }));
    expect(await refused(await api.addSweep({ variables: VARIABLES, runs }))).toMatchObject([
      409,
      { code: 'constant_inputs', detail: expect.stringContaining('speed, angle') },
    ]);
  });

  test('is refused with fewer runs than coefficients, and says how many are needed', async () => {
    const jobId = await api.addSweep({ variables: VARIABLES, runs: RUNS.slice(0, 5) });
    // Of the first five runs only the angle varies; a sixth makes the speed vary.
    await api.addRuns(jobId, [RUNS[7]!], 6);
    expect(await refused(jobId, '?degree=3')).toEqual([
      409,
      {
        detail:
          'A polynomial of degree 3 in 2 inputs has 10 coefficients and needs at least as many runs with the output; there are 6.',
        code: 'too_few_runs',
        hint: expect.stringContaining('degree=2'),
      },
    ]);
  });

  test('is refused when the runs cannot tell the terms apart', async () => {
    const runs = GRID.map(
      ([speed, angle], run): SweepRun => ({
        inputs: [speed + angle, 2 * (speed + angle)],
        outputs: [['drag', run]],
      }),
    );
    const [status, body] = await refused(await api.addSweep({ variables: VARIABLES, runs }), '?degree=1');
    expect(status).toBe(409);
    expect(body).toMatchObject({ code: 'collinear', detail: expect.stringContaining('speed, angle') });
  });

  test('is refused with more terms than are fitted', async () => {
    const variables = Array.from({ length: 12 }, (_, index) => ({ name: `x${index}` }));
    const runs = Array.from(
      { length: 40 },
      (_, run): SweepRun => ({
        inputs: variables.map((_variable, index) => ((run + 1) * Math.sqrt(4 * index + 2)) % 1),
        outputs: [['y', run]],
      }),
    );
    const jobId = await api.addSweep({ variables, runs });
    expect(await refused(jobId, '?degree=3')).toMatchObject([
      409,
      {
        code: 'too_many_terms',
        detail: 'A polynomial of degree 3 in 12 inputs has 455 coefficients; at most 300 are fitted.',
      },
    ]);
    expect((await fit(jobId, '?degree=1')).terms).toHaveLength(13);
  });
});
