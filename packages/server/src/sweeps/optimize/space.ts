import type { DesignVariable } from './problem.ts';

/** Points are searched in the unit cube and handed out in the variables' own units. */
export interface Space {
  dimensions: number;
  /** Points that there are, where all variables go in steps; else Infinity. */
  size: number;
  /** The smallest distance between two values of each variable, as a share of its range; 0 where there is none. */
  pitch: readonly number[];
  /** Where a local search begins. */
  start: readonly number[];
  /** The point in the variables' own units; coordinates outside the cube become those on its border. */
  pointAt(unit: ArrayLike<number>): number[];
}

/** Digits of a value behind those of its range: a number in an input file stays readable, and none is told apart in vain. */
const DIGITS = 12;

/** The space that design variables span; each `max` is at least its `min`. */
export function spaceOf(variables: readonly DesignVariable[]): Space {
  const axes = variables.map(axisOf);
  return {
    dimensions: axes.length,
    size: axes.reduce((product, { count }) => product * count, 1),
    pitch: axes.map(({ count }) => 1 / count),
    start: axes.map(({ unitOf }, index) => unitOf(variables[index]!.nominal)),
    pointAt: (unit) => axes.map(({ valueAt }, index) => valueAt(Math.min(1, Math.max(0, unit[index]!)))),
  };
}

interface Axis {
  /** Values that there are. */
  count: number;
  valueAt(unit: number): number;
  unitOf(value: number | null): number;
}

function axisOf(variable: DesignVariable): Axis {
  const { min, max, step } = variable;
  const range = max - min;
  if (step === null && range > 0) {
    const decimals = Math.min(100, Math.max(0, DIGITS - Math.floor(Math.log10(range))));
    const valueAt = (unit: number) => {
      const value = Number((min + unit * range).toFixed(decimals));
      return Math.min(max, Math.max(min, value)) + 0;
    };
    return { count: Number.POSITIVE_INFINITY, valueAt, unitOf: share };
  }
  // Each value gets an equal part of the axis, so that none is found more easily than another.
  const count = step === null ? 1 : Math.floor(range / step + 1e-9) + 1;
  const valueAt = (unit: number) => {
    const index = Math.min(count - 1, Math.floor(unit * count));
    return index === 0 ? min + 0 : Number((min + index * step!).toPrecision(15)) + 0;
  };
  return {
    count,
    valueAt,
    unitOf: (value) => {
      if (value === null) {
        return 0.5;
      }
      const index = Math.round((value - min) / (step ?? 1));
      return (Math.min(count - 1, Math.max(0, index)) + 0.5) / count;
    },
  };

  function share(value: number | null): number {
    return value === null ? 0.5 : Math.min(1, Math.max(0, (value - min) / range));
  }
}
