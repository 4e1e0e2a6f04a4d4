import { middle } from './decimals.ts';
import type { Generator, Member } from './draft.ts';

/** Factors that are varied independently: 2^16 runs are the most that a job can have of 2^n. */
const MAX_BASE_FACTORS = 16;
const LETTERS = 'abcdefghijklmnop';
const GENERATOR = /^[+-]?[a-z]+$/i;

/** Which base factors a column is the product of, as bits, and whether it is negated. */
interface Column {
  factors: number;
  negative: boolean;
}

/**
 * Two levels of each variable. Variables without `generator` are base factors, called a, b, c, … in display order,
 * and take every combination, the last one fastest; the others follow the product of the base factors that their
 * generator names. G. E. P. Box and J. S. Hunter, The 2^(k-p) fractional factorial designs, Technometrics 3 (1961).
 */
export const fractionalFactorial: Generator = (members) => {
  const ranges = members.map(({ settings }) => {
    settings.only(['minvalue', 'maxvalue', 'generator'], 'FractionalFactorial');
    settings.numericNominal();
    return settings.range();
  });
  const base = members.filter(({ settings }) => !settings.text('generator'));
  if (base.length > MAX_BASE_FACTORS) {
    const extra = base[MAX_BASE_FACTORS]!;
    const why = `At most ${MAX_BASE_FACTORS} variables can be without a generator; these would be 2^${base.length} runs.`;
    extra.settings.fail('generator', why);
    return null;
  }
  const columns = readColumns(members, base);
  if (!columns || members.some(({ settings }) => settings.failed)) return null;
  return {
    members,
    count: 2 ** base.length,
    build: () => (row, member) => {
      const { factors, negative } = columns[member]!;
      const { min, max } = ranges[member]!;
      return sign(row, factors) === negative ? min : max;
    },
    centre: (member) => middle(ranges[member]!),
  };
};

/** True where the product of these factors, of which set bits of `row` are +1 and the others -1, is +1. */
function sign(row: number, factors: number): boolean {
  let low = factors & ~row;
  let positive = true;
  for (; low !== 0; low &= low - 1) positive = !positive;
  return positive;
}

function readColumns(members: readonly Member[], base: readonly Member[]): Column[] | null {
  if (base.length === 0) {
    members[0]!.settings.fail('generator', 'One variable at least must be without a generator, as factor a.');
    return null;
  }
  const bitOf = (position: number) => 1 << (base.length - 1 - position);
  const users = new Map(base.map(({ variable }, position) => [bitOf(position), variable.name]));
  const columns = members.map((member): Column | null => {
    const position = base.indexOf(member);
    if (position >= 0) return { factors: bitOf(position), negative: false };
    const column = readGenerator(member, base.length, bitOf);
    if (!column) return null;
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
  return columns.every((column) => column !== null) ? columns : null;
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
