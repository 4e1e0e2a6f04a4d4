import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DesignVariable } from './problem.ts';
import { spaceOf } from './space.ts';

function variable(min: number, max: number, more: Partial<DesignVariable> = {}): DesignVariable {
  return { name: 'x', min, max, step: null, nominal: null, ...more };
}

const at = (it: DesignVariable, unit: number) => spaceOf([it]).pointAt([unit])[0];

describe('the space of design variables', () => {
  it('hands out values in the units of the variables, with no more digits than tell them apart', () => {
    expect(at(variable(-5, 10), 0.5)).toBe(2.5);
    expect(at(variable(0, 1), 1 / 3)).toBe(0.333333333333);
    const narrow = variable(1e6, 1e6 + 1e-3);
    expect(at(narrow, 0.5)).not.toBe(at(narrow, 0.5 + 1e-6));
    expect(at(variable(-1e9, 1e9), 0.75)).toBe(5e8);
  });

  it('brings what lies outside onto the bounds, and never leaves them by rounding', () => {
    fc.assert(
      fc.property(
        fc.double({ noNaN: true, min: -1e12, max: 1e12 }),
        fc.double({ noNaN: true, min: 1e-9, max: 1e12 }),
        fc.double({ noNaN: true, min: -2, max: 3 }),
        (min, range, unit) => {
          const value = at(variable(min, min + range), unit)!;
          expect(value).toBeGreaterThanOrEqual(min);
          expect(value).toBeLessThanOrEqual(min + range);
        },
      ),
    );
    expect(at(variable(0.1, 0.7), -1)).toBe(0.1);
    expect(at(variable(0.1, 0.7), 2)).toBe(0.7);
  });

  it('has only the values of its steps, each with an equal part of the axis', () => {
    const tenths = variable(0, 0.45, { step: 0.1 });
    const found = Array.from({ length: 500 }, (_, index) => at(tenths, (index + 0.5) / 500));
    expect([...new Set(found)]).toEqual([0, 0.1, 0.2, 0.3, 0.4]);
    expect(found.filter((value) => value === 0.3)).toHaveLength(100);
    expect(spaceOf([tenths, variable(-2, 3, { step: 1 })]).size).toBe(30);
    expect(spaceOf([tenths, variable(0, 1)]).size).toBe(Number.POSITIVE_INFINITY);
  });

  it('never hands out a negative zero, whose text is that of another number', () => {
    expect(Object.is(at(variable(-1, 1), 0.5), 0)).toBe(true);
    expect(Object.is(at(variable(-1, 1, { step: 1 }), 0.5), 0)).toBe(true);
  });

  it('starts at the nominal values, else in the middle', () => {
    const space = spaceOf([
      variable(-5, 10, { nominal: 3 }),
      variable(0, 10, { step: 2, nominal: 5.1 }),
      variable(2, 4),
    ]);
    expect(space.pointAt(space.start)).toEqual([3, 6, 3]);
  });
});
