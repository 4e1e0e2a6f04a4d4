import { middle } from './decimals.ts';
import type { Generator, Member } from './draft.ts';
import { agreed } from './joint.ts';

/** Factors that are varied independently: 2^16 runs are the most that a job can have of 2^n. */
const MAX_BASE_FACTORS = 16;
const LETTERS = 'abcdefghijklmnop';
const GENERATOR = /^[+-]?[a-z]+$/i;
/** A higher one tells nothing more: interactions of four variables are next to never there. */
const MAX_RESOLUTION = 6;

/** Which base factors a column is the product of, as bits, and whether it is negated. */
interface Column {
  factors: number;
  negative: boolean;
}

/**
 * Two levels of each variable. Variables without `generator` are base factors, called a, b, c, … in display order,
 * and take every combination, the last one fastest; the others follow the product of the base factors that their
 * generator names. With a `resolution` the generators are found. G. E. P. Box and J. S. Hunter, The 2^(k-p)
 * fractional factorial designs, Technometrics 3 (1961) 311-351.
 */
export const fractionalFactorial: Generator = (members) => {
  const ranges = members.map(({ settings }) => {
    settings.only(['minvalue', 'maxvalue', 'generator', 'resolution'], 'FractionalFactorial');
    settings.numericNominal();
    return settings.range();
  });
  const resolution = agreed(members, 'resolution', (settings) =>
    settings.optionalInteger('resolution', 3, MAX_RESOLUTION),
  );
  const design = resolution === undefined ? namedColumns(members) : foundColumns(members, resolution);
  if (!design || members.some(({ settings }) => settings.failed)) {
    return null;
  }
  const { columns, baseFactors } = design;
  return {
    members,
    count: 2 ** baseFactors,
    build: () => (row, member) => {
      const { factors, negative } = columns[member]!;
      const { min, max } = ranges[member]!;
      return isPositive(row, factors) === negative ? min : max;
    },
    centre: (member) => middle(ranges[member]!),
  };
};

interface Design {
  columns: Column[];
  baseFactors: number;
}

/** True where the product of these factors, of which set bits of `row` are +1 and the others -1, is +1. */
function isPositive(row: number, factors: number): boolean {
  let low = factors & ~row;
  let positive = true;
  for (; low !== 0; low &= low - 1) {
    positive = !positive;
  }
  return positive;
}

function namedColumns(members: readonly Member[]): Design | null {
  const base = members.filter(({ settings }) => !settings.text('generator'));
  if (base.length > MAX_BASE_FACTORS) {
    const many = `these would be 2^${base.length} runs`;
    const why = `At most ${MAX_BASE_FACTORS} variables can be without a generator; ${many}.`;
    base[MAX_BASE_FACTORS]!.settings.fail('generator', `${why} A resolution finds generators.`);
    return null;
  }
  if (base.length === 0) {
    members[0]!.settings.fail('generator', 'One variable at least must be without a generator, as factor a.');
    return null;
  }
  const bitOf = (position: number) => 1 << (base.length - 1 - position);
  const users = new Map(base.map(({ variable }, position) => [bitOf(position), variable.name]));
  const columns = members.map((member): Column | null => {
    const position = base.indexOf(member);
    if (position >= 0) {
      return { factors: bitOf(position), negative: false };
    }
    const column = readGenerator(member, base.length, bitOf);
    if (!column) {
      return null;
    }
    const user = users.get(column.factors);
    if (user !== undefined) {
      member.settings.fail(
        'generator',
        `It would always be at the level of ${user}, or at the opposite one.`,
      );
      return null;
    }
    users.set(column.factors, member.variable.name);
    return column;
  });
  return columns.every((column) => column !== null) ? { columns, baseFactors: base.length } : null;
}

/** The fewest base factors, the first variables, from whose products a resolution can be had step by step. */
function foundColumns(members: readonly Member[], resolution: number): Design | null {
  for (const { settings } of members) {
    if (settings.has('generator')) {
      settings.fail('generator', 'With a resolution, generators are found; leave it out.');
    }
  }
  for (let baseFactors = 1; baseFactors <= MAX_BASE_FACTORS; baseFactors++) {
    const found = independentColumns(members.length, baseFactors, resolution);
    if (found) {
      return { columns: found.map((factors) => ({ factors, negative: false })), baseFactors };
    }
  }
  const runs = `2^${MAX_BASE_FACTORS} runs`;
  const why = `${members.length} variables would need more than ${runs}; choose a lower one, or fewer variables.`;
  members[0]!.settings.fail('resolution', why);
  return null;
}

/**
 * Columns of which no `resolution` - 1 have the identity as their product, so that every word of the defining
 * relation is as long as the resolution; null where taking the first that fits leads to too few.
 */
function independentColumns(count: number, baseFactors: number, resolution: number): number[] | null {
  const size = 2 ** baseFactors;
  // products[n] marks what n of the columns chosen so far have as their product.
  const products = Array.from({ length: resolution - 1 }, () => new Uint8Array(size));
  products[0]![0] = 1;
  const chosen: number[] = [];
  const choose = (column: number) => {
    chosen.push(column);
    for (let n = products.length - 1; n > 0; n--) {
      for (let factors = 0; factors < size; factors++) {
        if (products[n - 1]![factors ^ column]) {
          products[n]![factors] = 1;
        }
      }
    }
  };
  for (let bit = size >> 1; bit > 0 && chosen.length < count; bit >>= 1) {
    choose(bit);
  }
  for (let column = 1; column < size && chosen.length < count; column++) {
    if (!products.some((marks) => marks[column])) {
      choose(column);
    }
  }
  return chosen.length === count ? chosen : null;
}

function readGenerator(
  { settings }: Member,
  baseFactors: number,
  bitOf: (position: number) => number,
): Column | null {
  const text = settings.text('generator')!;
  const letters = LETTERS.slice(0, baseFactors);
  const why = `Name the product of base factors, such as "ab" or "-ab"; they are ${[...letters].join(', ')}`;
  if (!GENERATOR.test(text)) {
    settings.fail('generator', `${why}.`);
    return null;
  }
  let factors = 0;
  for (const letter of text.toLowerCase().replace(/^[+-]/, '')) {
    const position = letters.indexOf(letter);
    const bit = position < 0 ? 0 : bitOf(position);
    if (bit === 0 || (factors & bit) !== 0) {
      settings.fail('generator', bit === 0 ? `${why}, not ${letter}.` : `It names factor ${letter} twice.`);
      return null;
    }
    factors |= bit;
  }
  return { factors, negative: text.startsWith('-') };
}
