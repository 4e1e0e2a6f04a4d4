/** Generators that name their values one by one; each variable is a factor of the cartesian product. */
import { align, middle, quotient, toDecimal, toNumber } from './decimals.ts';
import type { Draft, Generator, Member, Value } from './draft.ts';

/** A last step that misses `maxvalue` by less than this part of a step was meant to reach it. */
const STEP_TOLERANCE = 1_000_000_000n;

/** `minvalue`, `minvalue` + `increment`, … up to and including `maxvalue`, computed in decimals. */
export const fixedRange: Generator = ([member], { maxRows }) => {
  const { settings } = member!;
  settings.only(['minvalue', 'maxvalue', 'increment'], 'FixedRange');
  const range = settings.range();
  const increment = settings.number('increment');
  if (increment !== undefined && increment <= 0) {
    settings.fail('increment', 'Ensure this value is greater than 0.');
  }
  if (!range || increment === undefined || settings.failed) {
    return null;
  }

  const { digits, places } = align(toDecimal(range.min), toDecimal(range.max), toDecimal(increment));
  const [min, max, step] = digits as [bigint, bigint, bigint];
  const steps = (max - min) / step;
  const missing = (steps + 1n) * step - (max - min);
  const reaches = missing * STEP_TOLERANCE < step;
  const count = steps + (reaches ? 2n : 1n);
  if (count > BigInt(maxRows)) {
    settings.fail(
      'increment',
      `From ${range.min} to ${range.max} these are ${tell(count)} values; ${most(maxRows)}`,
    );
    return null;
  }
  const last = min + (count - 1n) * step;
  const overshoot = last > max || (max - last) * STEP_TOLERANCE < step;
  const valueAt = (row: number) =>
    overshoot && row > 0 && row === Number(count) - 1
      ? range.max
      : toNumber(min + BigInt(row) * step, places);
  return levels(member!, Number(count), valueAt, middle(range));
};

function tell(count: bigint): string {
  const text = String(count);
  return text.length > 15 ? `about 1e${text.length - 1}` : count.toLocaleString('en');
}

function most(maxRows: number): string {
  return `a job has at most ${maxRows.toLocaleString('en')} runs.`;
}

/** `count` values evenly spaced from `minvalue` to `maxvalue`, both included; with a count of 1, `minvalue`. */
export const linspace: Generator = ([member], { maxRows }) => {
  const { settings } = member!;
  settings.only(['minvalue', 'maxvalue', 'count'], 'Linspace');
  return evenlySpaced(member!, 'count', maxRows);
};

/** The numbers or texts of the list `values`. */
export const values: Generator = ([member], { maxRows }) => {
  const { settings } = member!;
  settings.only(['values'], 'Values');
  return listed(member!, maxRows);
};

/** A factor of every combination: evenly spaced `levels`, or a list of `values`. */
export const fullFactorial: Generator = ([member], { maxRows }) => {
  const { settings } = member!;
  if (settings.has('values')) {
    settings.only(['values'], 'FullFactorial with values');
    return listed(member!, maxRows);
  }
  settings.only(['minvalue', 'maxvalue', 'levels', 'values'], 'FullFactorial');
  return evenlySpaced(member!, 'levels', maxRows);
};

function evenlySpaced(member: Member, key: 'count' | 'levels', maxRows: number): Draft | null {
  const { settings } = member;
  const range = settings.range();
  settings.number(key);
  const count = settings.failed ? undefined : settings.optionalInteger(key, 1, maxRows);
  if (!range || count === undefined || settings.failed) {
    return null;
  }
  return levels(member, count, spaced(range, count), middle(range));
}

/** Gives the values of `count` evenly spaced levels, nearest to what the decimals of the bounds say. */
function spaced({ min, max }: { min: number; max: number }, count: number): (row: number) => number {
  const { digits, places } = align(toDecimal(min), toDecimal(max));
  const [first, last] = digits as [bigint, bigint];
  return (row) => {
    if (row === 0) {
      return min;
    }
    if (row === count - 1) {
      return max;
    }
    const sum = first * BigInt(count - 1 - row) + last * BigInt(row);
    return quotient(sum, BigInt(count - 1), places);
  };
}

function listed(member: Member, maxRows: number): Draft | null {
  const { settings } = member;
  const list = settings.list('values', maxRows);
  settings.nominal();
  if (!list || settings.failed) {
    return null;
  }
  return { members: [member], count: list.length, build: () => (row) => list[row]!, centre: () => list[0]! };
}

function levels(member: Member, count: number, valueAt: (row: number) => number, centre: number): Draft {
  member.settings.numericNominal();
  return {
    members: [member],
    count,
    build: () => {
      const texts: Value[] = Array.from({ length: count }, (_, row) => String(valueAt(row)));
      return (row) => texts[row]!;
    },
    centre: () => centre,
  };
}
