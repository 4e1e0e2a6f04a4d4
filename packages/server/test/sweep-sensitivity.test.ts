import { type Sensitivity, sensitivity } from '@quarry/contract';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { planSweep } from '../src/sweeps/plan.ts';
import { type SweepRun, type SweepsHarness, startSweepsApi, type Variable } from './sweeps-harness.ts';

let api: SweepsHarness;
beforeAll(async () => {
  api = await startSweepsApi();
});
afterAll(async () => {
  await api[Symbol.asyncDispose]();
});

type Model = (...inputs: number[]) => number;

interface Planned {
  variables: Variable[];
  includeNominalRun?: boolean;
}

/** A sweep as it is really planned, every run with the value of a model. */
async function evaluate(
  { variables, includeNominalRun = false }: Planned,
  model: Model,
  change: (run: SweepRun, index: number) => SweepRun = (run) => run,
): Promise<string> {
  const plan = await planSweep(
    {
      ...{ paramFile: null, caseFile: null, optimizer: null, monteCarloIterations: null, includeNominalRun },
      jobvariables: variables.map(({ name, generator = 'Values', settings = {} }, displayOrder) => ({
        ...{ name, variableType: 'Param', displayOrder },
        ...{ valueGeneratorType: generator, valueGeneratorSettings: settings },
      })),
    },
    { readFile: () => Promise.reject(new Error('There are no files.')) },
  );
  const runs = Array.from({ length: plan.count }, (_, index): SweepRun => {
    const inputs = plan.values(index);
    return change({ inputs, outputs: [['y', model(...inputs.map(Number))]] }, index);
  });
  return api.addSweep({ variables, runs, definition: { includeNominalRun } });
}

async function analyse(jobId: string, query = ''): Promise<Sensitivity> {
  const response = await api.get(jobId, `sensitivity/${query}`);
  const body = await response.json();
  expect([response.status, response.status === 200 ? '' : body]).toEqual([200, '']);
  return sensitivity.parse(body);
}

async function refused(jobId: string, query = ''): Promise<[status: number, body: Record<string, unknown>]> {
  const response = await api.get(jobId, `sensitivity/${query}`);
  return [response.status, (await response.json()) as Record<string, unknown>];
}

const failed = ({ inputs }: SweepRun): SweepRun => ({ inputs, outcome: 'failed' });

const saltelli = (name: string, more: object = {}): Variable => ({
  name,
  generator: 'Saltelli',
  settings: { minvalue: -Math.PI, maxvalue: Math.PI, count: 1024, seed: 1, ...more },
});
const morris = (name: string, minvalue: number, maxvalue: number, more: object = {}): Variable => ({
  name,
  generator: 'Morris',
  settings: { minvalue, maxvalue, trajectories: 10, seed: 1, ...more },
});

/** T. Ishigami and T. Homma (1990) with a = 7 and b = 0.1. */
const ishigami: Model = (x1, x2, x3) =>
  Math.sin(x1!) + 7 * Math.sin(x2!) ** 2 + 0.1 * x3! ** 4 * Math.sin(x1!);
const ISHIGAMI = [saltelli('x1'), saltelli('x2'), saltelli('x3')];

describe('the sensitivity of a Saltelli design', () => {
  test("is told by Sobol' indices, close to the analytic ones of the Ishigami function", async () => {
    const variables = ISHIGAMI.map(({ name }) => saltelli(name, { secondOrder: true }));
    const found = await analyse(await evaluate({ variables }, ishigami));
    expect(found).toMatchObject({ method: 'sobol', output: 'y', runs: 1024 * 8, warnings: [] });
    const analytic = [
      [0.3139, 0.5576],
      [0.4424, 0.4424],
      [0, 0.2437],
    ] as const;
    for (const [index, [first, total]] of analytic.entries()) {
      const input = found.inputs[index]!;
      expect(input.name).toBe(`x${index + 1}`);
      expect(Math.abs(input.firstOrder! - first)).toBeLessThan(0.05);
      expect(Math.abs(input.totalOrder! - total)).toBeLessThan(0.05);
      expect(input.firstOrderInterval).toBeGreaterThan(0);
      expect(input.firstOrderInterval).toBeLessThan(0.15);
      expect(input.totalOrderInterval).toBeLessThan(0.15);
    }
    expect(found.interactions!.map(({ inputs }) => inputs.join())).toEqual(['x1,x2', 'x1,x3', 'x2,x3']);
    for (const [index, value] of [0, 0.2437, 0].entries()) {
      expect(Math.abs(found.interactions![index]!.secondOrder! - value)).toBeLessThan(0.1);
    }
  });

  test('is the same every time it is asked for', async () => {
    const jobId = await evaluate(
      { variables: [saltelli('a', { count: 64 }), saltelli('b')].map(smaller) },
      ishigamiOf,
    );
    expect(await analyse(jobId)).toEqual(await analyse(jobId));
  });

  test('has no place for the nominal run', async () => {
    const variables = ISHIGAMI.map(smaller);
    const [plain, nominal] = await Promise.all(
      [false, true].map(async (includeNominalRun) =>
        analyse(await evaluate({ variables, includeNominalRun }, ishigami)),
      ),
    );
    expect(nominal).toEqual(plain);
  });

  test('leaves base samples with failed runs out, and says how many', async () => {
    const variables = ISHIGAMI.map(smaller);
    const jobId = await evaluate({ variables }, ishigami, (run, index) =>
      [0, 7, 8].includes(index) ? failed(run) : run,
    );
    const found = await analyse(jobId);
    expect(found.runs).toBe((64 - 2) * 5);
    expect(found.warnings).toEqual([
      '3 of 320 runs that have ended do not count, since they failed or did not print "y".',
      '2 of 64 base samples were left out, each with its 5 runs, since a run of theirs lacks the output.',
    ]);
  });

  test('is told while the sweep executes, with a word about what is to come', async () => {
    const jobId = await evaluate({ variables: ISHIGAMI.map(smaller) }, ishigami, (run, index) =>
      index < 200 ? run : { inputs: run.inputs },
    );
    const found = await analyse(jobId);
    expect(found.runs).toBe(200);
    expect(found.warnings[0]).toBe('120 of 320 runs have not ended yet; the figures will change.');
  });

  test('takes a further variable of one value, and refuses one of several in words', async () => {
    const fixed = { name: 'material', settings: { values: ['steel'] } };
    const alone = ISHIGAMI.map(smaller);
    const model: Model = (_material, ...x) => ishigami(...x);
    const one = await analyse(await evaluate({ variables: [fixed, ...alone] }, model));
    expect(one.inputs).toEqual((await analyse(await evaluate({ variables: alone }, ishigami))).inputs);

    const several = { name: 'speed', settings: { values: [1, 2] } };
    const jobId = await evaluate({ variables: [several, ...alone] }, model);
    const [status, body] = await refused(jobId, '?method=sobol');
    expect(status).toBe(409);
    expect(body).toMatchObject({
      code: 'design_repeated',
      detail: expect.stringContaining('The Saltelli design is repeated for every value of speed'),
    });
    const fallback = await analyse(jobId);
    expect(fallback.method).toBe('rank-correlation');
    expect(fallback.inputs.map(({ name }) => name)).toEqual(['speed', 'x1', 'x2', 'x3']);
    expect(fallback.warnings).toEqual([body.detail]);
  });

  test('takes other methods, too', async () => {
    const jobId = await evaluate({ variables: ISHIGAMI.map(smaller) }, (x1) => 2 * x1!);
    for (const method of ['correlation', 'rank-correlation', 'RANK_CORRELATION']) {
      const { inputs } = await analyse(jobId, `?method=${method}`);
      expect(inputs[0]).toEqual({ name: 'x1', coefficient: 1, pValue: 0 });
      expect(Math.abs(inputs[1]!.coefficient!)).toBeLessThan(0.2);
    }
  });

  test('of an output that never changes is null, and the reason is said', async () => {
    const found = await analyse(await evaluate({ variables: ISHIGAMI.map(smaller) }, () => 0.1));
    expect(found.inputs[0]).toEqual({
      name: 'x1',
      firstOrder: null,
      firstOrderInterval: null,
      totalOrder: null,
      totalOrderInterval: null,
    });
    expect(found.warnings).toEqual([expect.stringContaining('the same in all runs')]);
  });

  test('is refused when the runs are not those of the design', async () => {
    const jobId = await evaluate({ variables: ISHIGAMI.map(smaller) }, ishigami, (run, index) =>
      index === 3 ? { ...run, inputs: [0, 0, 0] } : run,
    );
    expect(await refused(jobId)).toMatchObject([409, { code: 'wrong_design' }]);
  });
});

function smaller({ name }: Variable): Variable {
  return saltelli(name, { count: 64 });
}
function ishigamiOf(a?: number, b?: number): number {
  return ishigami(a!, b!, 1);
}

describe('the sensitivity of a Morris design', () => {
  const LINEAR = [morris('a', 0, 1), morris('b', 10, 30), morris('c', -5, 5)];

  test('of a linear function is its slope times the range of the input', async () => {
    const found = await analyse(await evaluate({ variables: LINEAR }, (a, b) => 7 + 3 * a! - 2 * b!));
    expect(found).toMatchObject({ method: 'morris', runs: 40, warnings: [] });
    for (const [index, slope] of [3, -40, 0].entries()) {
      const { mu, muStar, muStarInterval, sigma } = found.inputs[index]!;
      expect(mu).toBeCloseTo(slope, 9);
      expect(muStar).toBeCloseTo(Math.abs(slope), 9);
      expect(sigma).toBeCloseTo(0, 9);
      expect(muStarInterval).toBeCloseTo(0, 9);
    }
  });

  test('counts in steps of probability where the inputs are not uniform', async () => {
    // With two levels every step leads from one end to the other, whatever lies between.
    const shape = { distribution: 'Triangular', mode: 1, levels: 2 };
    const variables = [morris('a', 0, 10, shape), morris('b', 0, 1, { levels: 2 })];
    const { inputs } = await analyse(await evaluate({ variables }, (a, b) => a! + b!));
    expect(inputs[0]!.mu).toBeCloseTo(10, 9);
    expect(inputs[1]!.mu).toBeCloseTo(1, 9);
  });

  test('leaves out what failed runs take with them', async () => {
    const jobId = await evaluate(
      { variables: LINEAR, includeNominalRun: true },
      (a) => a!,
      (run, index) => (index === 1 ? failed(run) : run),
    );
    const found = await analyse(jobId);
    expect(found.runs).toBe(38);
    expect(found.warnings.at(-1)).toBe(
      '2 of 30 elementary effects were left out, since a run of theirs lacks the output.',
    );
    expect(found.inputs[0]!.mu).toBeCloseTo(1, 9);
  });
});

describe('the sensitivity of any sweep', () => {
  const variables: Variable[] = [{ name: 'x' }, { name: 'kind' }, { name: 'fixed' }];
  const runs = Array.from(
    { length: 8 },
    (_, x): SweepRun => ({
      inputs: [x, x % 2 === 0 ? 'even' : 'odd', 1],
      outputs: [
        ['square', x * x],
        ['other', -x],
      ],
    }),
  );

  test('is told by rank correlation, without the inputs that are texts', async () => {
    const found = await analyse(await api.addSweep({ variables, runs }), '?output=square');
    expect(found).toEqual({
      method: 'rank-correlation',
      output: 'square',
      runs: 8,
      inputs: [
        { name: 'x', coefficient: 1, pValue: 0 },
        { name: 'fixed', coefficient: null, pValue: null },
      ],
      warnings: [
        'Left out, since their values are no numbers: kind.',
        'Without a coefficient, since they do not vary: fixed.',
      ],
    });
  });

  test('says so when an optimizer has chosen the inputs', async () => {
    const jobId = await api.addSweep({
      variables,
      runs: [{ inputs: [], outcome: 'success', change: { type: 1 } }, ...runs],
      definition: { optimizer: { method: 'direct' } },
    });
    const found = await analyse(jobId, '?output=square');
    expect(found.runs).toBe(8);
    expect(found.warnings[0]).toContain('An optimizer chose the inputs');
  });

  test('needs to know which output when there are several', async () => {
    const jobId = await api.addSweep({ variables, runs });
    expect(await refused(jobId)).toEqual([
      400,
      { output: ['This sweep has several outputs; name one of: square, other.'] },
    ]);
    expect(await refused(jobId, '?output=drag')).toEqual([
      400,
      { output: ['No run printed an output "drag". There is: square, other.'] },
    ]);
  });

  test('needs the design that a method is for', async () => {
    const jobId = await api.addSweep({ variables, runs });
    for (const [method, generator] of [
      ['sobol', 'Saltelli'],
      ['morris', 'Morris'],
    ]) {
      const [status, body] = await refused(jobId, `?output=square&method=${method}`);
      expect(status).toBe(400);
      expect(body).toEqual({ method: [expect.stringContaining(`of the generator ${generator}`)] });
    }
    expect((await refused(jobId, '?output=square&method=guess'))[0]).toBe(400);
  });

  test('needs numbers, and more than two runs', async () => {
    const texts = await api.addSweep({
      variables: [{ name: 'kind' }],
      runs: [...'abc'].map((text, y) => ({ inputs: [text], outputs: [['y', y]] })),
    });
    expect(await refused(texts)).toMatchObject([
      409,
      { code: 'not_numeric', detail: expect.stringContaining('kind') },
    ]);
    const two = await api.addSweep({ variables, runs: runs.slice(0, 2) });
    expect(await refused(two, '?output=square')).toMatchObject([409, { code: 'too_few_runs' }]);
  });

  test.each([
    ['is no sweep', { runs: [{ inputs: [], outputs: [] }] }, 'not_a_sweep', 'not a sweep'],
    ['was not submitted', { variables }, 'no_results', 'No run of this sweep has ended yet'],
    ['has not ended a run', { variables, runs: [{ inputs: [1, 'a', 1] }] }, 'no_results', 'ended yet'],
    [
      'prints nothing',
      { variables, runs: [{ inputs: [1, 'a', 1], outputs: [] }] },
      'no_outputs',
      'None of the 1 runs that have ended printed an output',
    ],
  ])('is refused for a job that %s, with a way out', async (_what, sweep, code, words) => {
    const jobId = await api.addSweep(sweep as Parameters<typeof api.addSweep>[0]);
    for (const rest of ['sensitivity/', 'response-surface/']) {
      const response = await api.get(jobId, rest);
      expect(response.status).toBe(409);
      expect(await response.json()).toEqual({
        detail: expect.stringContaining(words),
        code,
        hint: expect.stringMatching(/\w/),
      });
    }
  });

  test('is somebody else’s', async () => {
    const { key } = await api.files.addUser('member');
    const jobId = await api.addSweep({ variables, runs });
    for (const rest of ['sensitivity/', 'response-surface/']) {
      expect((await api.get(jobId, rest, { key })).status).toBe(404);
    }
  });
});
