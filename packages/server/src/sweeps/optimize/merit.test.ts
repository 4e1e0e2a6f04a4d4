import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareByFeasibility, createMerits, largestViolations } from './merit.ts';
import type { Verdict } from './problem.ts';

const verdict = fc
  .record({
    cost: fc.option(fc.double({ min: -1e6, max: 1e6, noNaN: true })),
    violations: fc.array(fc.oneof(fc.constant(0), fc.double({ min: 0, max: 1e3, noNaN: true })), {
      ...{ minLength: 2, maxLength: 2 },
    }),
  })
  .map(
    ({ cost, violations }): Verdict => ({
      ...{ cost, violations: cost === null ? [0, 0] : violations },
      isFeasible: cost !== null && violations.every((violation) => violation === 0),
    }),
  );

const rounds = fc.array(fc.array(verdict, { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 8 });

describe('merits', () => {
  it('put no point before the best feasible one, and unknown ones last', () => {
    fc.assert(
      fc.property(rounds, (given) => {
        const merits = createMerits();
        const figures = given.map((round) => [...merits.add(round)]).at(-1)!;
        const all = given.flat().map((one, index) => ({ ...one, figure: figures[index]! }));
        const known = all.filter(({ cost }) => cost !== null);
        const feasible = known.filter(({ isFeasible }) => isFeasible);
        const best = Math.min(...feasible.map(({ cost }) => cost!));
        const broken = known.filter(({ isFeasible }) => !isFeasible);
        if (feasible.length > 0) {
          for (const { cost, figure } of feasible) {
            expect(figure).toBe(cost);
          }
          for (const { figure } of broken) {
            expect(figure).toBeGreaterThanOrEqual(best);
          }
        }
        const worst = Math.max(...known.map(({ figure }) => figure));
        for (const { figure } of all.filter(({ cost }) => cost === null)) {
          expect(figure).toBeGreaterThan(worst);
        }
      }),
    );
  });

  it('are the same however the points came in', () => {
    fc.assert(
      fc.property(rounds, (given) => {
        const merits = createMerits();
        const figures = given.map((round) => [...merits.add(round)]).at(-1);
        expect(figures).toEqual(createMerits().add(given.flat()));
      }),
    );
  });

  it('count each constraint by the largest violation seen of it, in whatever unit', () => {
    const of = (...violations: number[]): Verdict => ({ cost: 0, violations, isFeasible: false });
    const feasible = { cost: 10, violations: [0, 0], isFeasible: true };
    const figures = createMerits().add([feasible, of(1e8, 0), of(0, 2e-3), of(5e7, 1e-3)]);
    expect(figures).toEqual([10, 20, 20, 20]);
  });
});

describe('feasibility rules', () => {
  it('order any points without a contradiction', () => {
    fc.assert(
      fc.property(fc.array(verdict, { minLength: 3, maxLength: 3 }), (three) => {
        const largest = largestViolations(three);
        const compare = (a: Verdict, b: Verdict) => Math.sign(compareByFeasibility(a, b, largest)) + 0;
        const [a, b, c] = three as [Verdict, Verdict, Verdict];
        expect(compare(a, b)).toBe(-compare(b, a) + 0);
        if (compare(a, b) <= 0 && compare(b, c) <= 0) {
          expect(compare(a, c)).toBeLessThanOrEqual(0);
        }
      }),
    );
  });
});
