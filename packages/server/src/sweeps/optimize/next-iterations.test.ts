import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { often } from '../../../../contract/testing/often.ts';
import { nextIterations } from './next-iterations.ts';
import type { DesignVariable, Evaluated, Problem } from './problem.ts';
import { bestIteration, type End } from './stopping.ts';

/** Values of a point: the objective, then the constraints; null for a run that fails. */
type Model = (point: readonly number[]) => readonly number[] | null;

function variables(...ranges: Array<[min: number, max: number, step?: number]>): DesignVariable[] {
  return ranges.map(([min, max, step], index) => ({
    name: `x${index + 1}`,
    ...{ min, max, step: step ?? null, nominal: null },
  }));
}

function problem(
  method: Problem['method'],
  space: DesignVariable[],
  more: Partial<Problem> & { atMostZero?: number } = {},
): Problem {
  const { atMostZero = 0, ...others } = more;
  return {
    method,
    variables: space,
    objective: { name: 'f', goal: 'minimize' },
    constraints: Array.from({ length: atMostZero }, (_, index) => ({ name: `g${index}`, min: null, max: 0 })),
    maxRuns: 500,
    target: null,
    tolerance: null,
    patience: 20,
    ...others,
  };
}

function evaluate(model: Model, problemAtHand: Problem, point: readonly number[]): Evaluated {
  const values = model(point);
  return {
    point,
    objective: values?.[0] ?? null,
    constraints: problemAtHand.constraints.map((_, index) => values?.[index + 1] ?? null),
  };
}

interface Solved {
  evaluated: Evaluated[];
  /** How many points each round had. */
  rounds: number[];
  end: End;
  best: Evaluated | null;
}

function solve(it: Problem, model: Model, most = Number.POSITIVE_INFINITY): Solved {
  const evaluated: Evaluated[] = [];
  const rounds: number[] = [];
  for (;;) {
    const { points, end } = nextIterations(it, evaluated, most);
    if (end) {
      const best = bestIteration(it, evaluated);
      return { evaluated, rounds, end, best: best === null ? null : evaluated[best]! };
    }
    expect(points.length).toBeGreaterThan(0);
    rounds.push(points.length);
    evaluated.push(...points.map((point) => evaluate(model, it, point)));
  }
}

/** Dixon and Szegö, Towards Global Optimisation 2 (1978): minimum 0.397887 at (-pi, 12.275), (pi, 2.275), (9.42478, 2.475). */
const branin: Model = ([x = 0, y = 0]) => [
  (y - (5.1 * x * x) / (4 * Math.PI ** 2) + (5 * x) / Math.PI - 6) ** 2 +
    10 * (1 - 1 / (8 * Math.PI)) * Math.cos(x) +
    10,
];
const BRANIN = variables([-5, 10], [0, 15]);

/** Goldstein and Price, in the same book: minimum 3 at (0, -1). */
const goldsteinPrice: Model = ([x = 0, y = 0]) => [
  (1 + (x + y + 1) ** 2 * (19 - 14 * x + 3 * x * x - 14 * y + 6 * x * y + 3 * y * y)) *
    (30 + (2 * x - 3 * y) ** 2 * (18 - 32 * x + 12 * x * x + 48 * y - 36 * x * y + 27 * y * y)),
];

/** Rosenbrock, Comput. J. 3 (1960): minimum 0 at (1, 1). */
const rosenbrock: Model = ([x = 0, y = 0]) => [100 * (y - x * x) ** 2 + (1 - x) ** 2];
const SQUARE = variables([-2, 2], [-2, 2]);

/** Hartman 3, Dixon and Szegö: minimum -3.86278 at (0.114614, 0.555649, 0.852547). */
const hartman: Model = (x) => {
  const A = [
    [3, 10, 30],
    [0.1, 10, 35],
    [3, 10, 30],
    [0.1, 10, 35],
  ];
  const P = [
    [0.3689, 0.117, 0.2673],
    [0.4699, 0.4387, 0.747],
    [0.1091, 0.8732, 0.5547],
    [0.03815, 0.5743, 0.8828],
  ];
  const terms = [1, 1.2, 3, 3.2].map((alpha, i) => {
    const exponent = A[i]!.reduce((sum, a, j) => sum + a * (x[j]! - P[i]![j]!) ** 2, 0);
    return alpha * Math.exp(-exponent);
  });
  return [-terms.reduce((sum, term) => sum + term)];
};

/** Problem 22 of Hock and Schittkowski, Lecture Notes in Economics 187 (1981): minimum 1 at (1, 1), both constraints active. */
const hockSchittkowski22: Model = ([x = 0, y = 0]) => [(x - 2) ** 2 + (y - 1) ** 2, x + y - 2, x * x - y];

/** Problem 35 there: minimum 1/9 at (4/3, 7/9, 4/9). */
const hockSchittkowski35: Model = ([a = 0, b = 0, c = 0]) => [
  9 - 8 * a - 6 * b - 4 * c + 2 * a * a + 2 * b * b + c * c + 2 * a * b + 2 * a * c,
  a + b + 2 * c - 3,
];

/** G06 of Koziel and Michalewicz, Evolutionary Computation 7 (1999): minimum -6961.814 in a sliver of 0.0066 % of the box. */
const g06: Model = ([x = 0, y = 0]) => [
  (x - 10) ** 3 + (y - 20) ** 3,
  100 - (x - 5) ** 2 - (y - 5) ** 2,
  (x - 6) ** 2 + (y - 5) ** 2 - 82.81,
];

/** G08 there, to be maximised: 0.095825 at (1.2279713, 4.2453733). */
const g08: Model = ([x = 0, y = 0]) => [
  (Math.sin(2 * Math.PI * x) ** 3 * Math.sin(2 * Math.PI * y)) / (x ** 3 * (x + y)),
  x * x - y + 1,
  1 - x + (y - 4) ** 2,
];

describe('published minima', () => {
  it.each<[string, Problem, Model, number, number]>([
    ['Branin by DIRECT', problem('direct', BRANIN, { maxRuns: 200 }), branin, 0.397887, 1e-3],
    ['Goldstein-Price by DIRECT', problem('direct', SQUARE, { maxRuns: 200 }), goldsteinPrice, 3, 0.03],
    ['Rosenbrock by DIRECT', problem('direct', SQUARE, { maxRuns: 500 }), rosenbrock, 0, 5e-3],
    [
      'Hartman 3 by DIRECT',
      problem('direct', variables([0, 1], [0, 1], [0, 1]), { maxRuns: 200 }),
      hartman,
      -3.86278,
      0.02,
    ],
    ['Branin by Nelder-Mead', problem('nelder-mead', BRANIN, { maxRuns: 200 }), branin, 0.397887, 1e-5],
    ['Rosenbrock by Nelder-Mead', problem('nelder-mead', SQUARE, { maxRuns: 300 }), rosenbrock, 0, 1e-6],
    [
      'Hock-Schittkowski 22 by DIRECT',
      problem('direct', SQUARE, { maxRuns: 500, atMostZero: 2 }),
      hockSchittkowski22,
      1,
      0.05,
    ],
    [
      'Hock-Schittkowski 22 by Nelder-Mead',
      problem('nelder-mead', SQUARE, { maxRuns: 500, atMostZero: 2 }),
      hockSchittkowski22,
      1,
      1e-3,
    ],
    [
      'Hock-Schittkowski 35 by DIRECT',
      problem('direct', variables([0, 3], [0, 3], [0, 3]), { maxRuns: 500, atMostZero: 1 }),
      hockSchittkowski35,
      1 / 9,
      5e-3,
    ],
    [
      'G06 by DIRECT',
      problem('direct', variables([13, 100], [0, 100]), { maxRuns: 2000, atMostZero: 2 }),
      g06,
      -6961.814,
      70,
    ],
  ])('%s', (_, it, model, minimum, within) => {
    const { best, evaluated } = solve(it, model);
    expect(best!.objective).toBeGreaterThanOrEqual(minimum - 1e-5 * Math.abs(minimum) - 1e-9);
    expect(best!.objective).toBeLessThanOrEqual(minimum + within);
    for (const value of best!.constraints) {
      expect(value).toBeLessThanOrEqual(0);
    }
    expect(evaluated.length).toBeLessThanOrEqual(it.maxRuns);
  });

  it('G08 is found as a maximum', () => {
    const it = problem('direct', variables([0, 10], [0, 10]), {
      ...{ atMostZero: 2, objective: { name: 'f', goal: 'maximize' } },
    });
    const model: Model = ([x, y]) => (x === 0 ? null : g08([x!, y!]));
    expect(solve(it, model).best!.objective).toBeGreaterThan(0.0958);
  });

  it('constraints bound from below as well', () => {
    const it = problem('direct', variables([0, 4], [0, 4]), {
      constraints: [
        { name: 'sum', min: 3, max: null },
        { name: 'difference', min: -1, max: 1 },
      ],
      maxRuns: 300,
    });
    const best = solve(it, ([x = 0, y = 0]) => [x * x + y * y, x + y, x - y]).best!;
    expect(best.constraints[0]).toBeGreaterThanOrEqual(3);
    expect(best.objective).toBeLessThan(4.6);
  });
});

const METHODS = ['direct', 'nelder-mead'] as const;
const MODELS: Array<[string, Problem, Model]> = METHODS.flatMap(
  (method): Array<[string, Problem, Model]> => [
    [`${method}: Branin`, problem(method, BRANIN, { maxRuns: 90 }), branin],
    [`${method}: constrained`, problem(method, SQUARE, { maxRuns: 90, atMostZero: 2 }), hockSchittkowski22],
    [
      `${method}: with failures`,
      problem(method, SQUARE, { maxRuns: 90, atMostZero: 1 }),
      ([x = 0, y = 0]) => (x > 0.4 && y > 0.4 ? null : [(x - 1) ** 2 + (y - 1) ** 2, x + y - 1.5]),
    ],
    [`${method}: in steps`, problem(method, variables([-5, 10, 0.25], [0, 15, 1]), { maxRuns: 90 }), branin],
  ],
);

describe.each(MODELS)('a search is resumed from its table: %s', (_, it_, model) => {
  const straight = solve(it_, model);

  it('at every point: the same points follow, which the straight run evaluated', () => {
    const texts = straight.evaluated.map(({ point }) => point.join(' '));
    fc.assert(
      fc.property(fc.nat({ max: straight.evaluated.length - 1 }), (length) => {
        const { points } = nextIterations(it_, straight.evaluated.slice(0, length), 1e9);
        const next = points.map((point) => point.join(' '));
        expect(next).toEqual(texts.slice(length, length + next.length));
        expect(next.length).toBeGreaterThan(0);
      }),
      { numRuns: often(40) },
    );
  });

  it('whatever order the runs of a round end in', () => {
    fc.assert(
      fc.property(fc.infiniteStream(fc.nat()), (draws) => {
        const evaluated: Evaluated[] = [];
        const draw = () => draws.next().value!;
        for (const size of straight.rounds.slice(0, 12)) {
          const round = straight.evaluated.slice(evaluated.length, evaluated.length + size);
          const left = [...round];
          while (left.length > 0) {
            const { points } = nextIterations(it_, evaluated, 1e9);
            expect(points).toEqual(round.filter((one) => left.includes(one)).map(({ point }) => point));
            evaluated.push(...left.splice(draw() % left.length, 1));
          }
        }
      }),
      { numRuns: often(15) },
    );
  });

  it('one by one as in rounds', () => {
    expect(solve(it_, model, 1).evaluated).toEqual(straight.evaluated);
  });

  it('with numbers that went through texts', () => {
    const texts = straight.evaluated.map(({ point }) => point.map(String));
    const read = straight.evaluated.map((one, index) => ({ ...one, point: texts[index]!.map(Number) }));
    const end = nextIterations(it_, read, 1e9);
    expect(end).toEqual({ points: [], end: straight.end });
  });

  it('never asks for a point twice', () => {
    const texts = straight.evaluated.map(({ point }) => point.join(' '));
    expect(new Set(texts).size).toBe(texts.length);
  });

  it('maximises as it minimises the negative', () => {
    const upsideDown = { ...it_, objective: { name: 'f', goal: 'maximize' as const } };
    const negative = solve(upsideDown, (point) => {
      const values = model(point);
      return values && [-values[0]!, ...values.slice(1)];
    });
    expect(negative.evaluated.map(({ point }) => point)).toEqual(
      straight.evaluated.map(({ point }) => point),
    );
    expect(negative.best!.point).toEqual(straight.best!.point);
  });
});

describe('the end', () => {
  it('comes when all runs are used up, however many a round would have', () => {
    const { end, evaluated, rounds } = solve(problem('direct', BRANIN, { maxRuns: 37 }), branin);
    expect([end.reason, evaluated.length]).toEqual(['max_runs', 37]);
    expect(rounds.slice(0, 2)).toEqual([1, 4]);
    expect(end.message).toBe('All 37 iterations that were allowed have been executed.');
  });

  it('comes when a feasible point is as good as the target', () => {
    const { end, best } = solve(problem('direct', BRANIN, { target: 0.4 }), branin);
    expect(end.reason).toBe('target');
    expect(best!.objective).toBeLessThanOrEqual(0.4);
    const upward = problem('nelder-mead', BRANIN, {
      ...{ target: -0.4, objective: { name: 'f', goal: 'maximize' } },
    });
    expect(solve(upward, (point) => [-branin(point)![0]!]).end.reason).toBe('target');
  });

  it('does not come for a target that only breaks a constraint', () => {
    const it_ = problem('direct', SQUARE, { target: 0.9, atMostZero: 2, maxRuns: 60 });
    const { end, evaluated } = solve(it_, hockSchittkowski22);
    expect(evaluated.some(({ objective }) => objective! < 0.9)).toBe(true);
    expect(end.reason).toBe('max_runs');
  });

  it('comes when the last iterations have improved too little', () => {
    const it_ = problem('direct', BRANIN, { tolerance: 1e-3, patience: 30 });
    const { end, evaluated, best } = solve(it_, branin);
    expect(end).toEqual({
      reason: 'no_improvement',
      message: 'The last 30 iterations improved f by no more than 0.001.',
    });
    const before = evaluated.slice(0, -30);
    expect(before[bestIteration(it_, before)!]!.objective! - best!.objective!).toBeLessThanOrEqual(1e-3);
  });

  it('waits for a feasible point before it misses improvement', () => {
    const it_ = problem('direct', SQUARE, { tolerance: 1e9, patience: 1, atMostZero: 1, maxRuns: 25 });
    expect(solve(it_, ([x = 0]) => [x, 1]).end.reason).toBe('max_runs');
  });

  it('comes early when no run tells anything', () => {
    const { end, evaluated, best } = solve(problem('direct', BRANIN, { atMostZero: 1 }), () => null);
    expect(end).toEqual({
      reason: 'no_values',
      message: `None of the first ${evaluated.length} runs has told f, g0.`,
    });
    expect([best, evaluated.length < 30]).toEqual([null, true]);
  });

  it('comes when every combination of steps has been executed', () => {
    const it_ = problem('direct', variables([0, 3, 1], [0, 1, 0.5]));
    const { end, evaluated, best } = solve(it_, ([x = 0, y = 0]) => [(x - 2) ** 2 + y]);
    expect([end.reason, evaluated.length, best!.point]).toEqual(['exhausted', 12, [2, 0]]);
  });

  it('comes when the simplex has shrunk to a point', () => {
    const { end, best } = solve(problem('nelder-mead', SQUARE, { maxRuns: 2000 }), rosenbrock);
    expect(end.reason).toBe('converged');
    expect(best!.objective).toBeLessThan(1e-9);
  });

  it.each(METHODS)('comes for an objective that says the same everywhere: %s', (method) => {
    const { end, best } = solve(problem(method, BRANIN, { maxRuns: 150 }), () => [1]);
    expect(['max_runs', 'converged']).toContain(end.reason);
    expect(best!.point).toEqual([2.5, 7.5]);
  });
});

describe('the best iteration', () => {
  const it_ = problem('direct', SQUARE, { atMostZero: 1 });
  const of = (...values: Array<[objective: number | null, constraint: number | null]>) =>
    bestIteration(
      it_,
      values.map(([objective, constraint]) => ({ point: [0, 0], objective, constraints: [constraint] })),
    );

  it('is the least that keeps every constraint, the earliest of equals', () => {
    expect(of([5, 0], [3, 0.1], [4, -1], [4, -2])).toBe(2);
  });

  it('is none when nothing is feasible, failed, or did not tell a constraint', () => {
    expect(of([5, 1], [null, 0], [3, null])).toBeNull();
    expect(of()).toBeNull();
  });
});

describe('odd values', () => {
  it.each(METHODS)('of any size lead to an end: %s', (method) => {
    const value = fc.oneof(
      fc.constantFrom(0, 1, 1 + 1e-13, 1e300, -1e300, 5e-324, null),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.integer({ min: 0, max: 3 }),
    );
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 60 }), fc.boolean(), (values, isConstrained) => {
        let index = 0;
        const next = () => values[index++ % values.length]!;
        const it_ = problem(method, variables([0, 1], [0, 1, 0.2], [-1, 1]), {
          ...{ maxRuns: 120, atMostZero: isConstrained ? 1 : 0 },
        });
        const { evaluated } = solve(it_, () => {
          const objective = next();
          return objective === null ? null : [objective, next() ?? 0];
        });
        expect(evaluated.length).toBeLessThanOrEqual(120);
      }),
      { numRuns: often(40) },
    );
  });
});
