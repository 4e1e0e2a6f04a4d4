/**
 * The patterns of Java's `java.text.DecimalFormat`: `0` and `#`, `.`, grouping with `,`, exponents with `E`,
 * percent and per mille, text before and after, and another such text for negative numbers behind a `;`.
 */

export interface NumberPattern {
  positive: Affixes;
  negative: Affixes;
  /** 1, 100 for percent or 1000 for per mille, as the power of ten. */
  multiplierPower: number;
  leastIntegerDigits: number;
  mostIntegerDigits: number;
  leastFractionDigits: number;
  mostFractionDigits: number;
  /** 0: none. */
  groupingSize: number;
  alwaysShowsPoint: boolean;
  /** 0: no exponent. */
  leastExponentDigits: number;
}

export interface Affixes {
  prefix: string;
  suffix: string;
}

/** A pattern that DecimalFormat would refuse too; the message says why. */
export class PatternError extends Error {}

const NUMBER_PART = /[0#,.]/;
const PER_MILLE = '\u2030';

/** Reads a pattern; throws a PatternError. */
export function parsePattern(pattern: string): NumberPattern {
  const first = readAffix(pattern, 0, NUMBER_PART);
  const number = readNumber(pattern, first.end);
  const last = readAffix(pattern, number.end, /;/);
  const positive = { prefix: first.text, suffix: last.text };
  return {
    ...layOut(number),
    positive,
    negative: readNegative(pattern, last.end, positive),
    multiplierPower: oneSign(first, last),
  };
}

function readNegative(pattern: string, separator: number, positive: Affixes): Affixes {
  const implied = { prefix: `-${positive.prefix}`, suffix: positive.suffix };
  if (separator >= pattern.length - 1) {
    return implied;
  }
  const first = readAffix(pattern, separator + 1, NUMBER_PART);
  // Only the texts count: the digits of this part say nothing.
  let end = first.end;
  while (end < pattern.length && (NUMBER_PART.test(pattern[end]!) || pattern[end] === 'E')) {
    end += 1;
  }
  const last = readAffix(pattern, end, null);
  oneSign(first, last);
  const same = first.text === positive.prefix && last.text === positive.suffix;
  return same ? implied : { prefix: first.text, suffix: last.text };
}

function oneSign(first: Affix, last: Affix): number {
  const [power = 0, ...more] = [...first.powers, ...last.powers];
  if (more.length > 0) {
    throw new PatternError('it has more than one percent or per mille sign');
  }
  return power;
}

interface Affix {
  text: string;
  /** Of ten, for each percent or per mille sign. */
  powers: number[];
  end: number;
}

/** Text up to a character of `until`; quotes make special characters plain, two of them are one. */
function readAffix(pattern: string, start: number, until: RegExp | null): Affix {
  const affix: Affix = { text: '', powers: [], end: start };
  let quoted = false;
  for (; affix.end < pattern.length; affix.end += 1) {
    const character = pattern[affix.end]!;
    if (character === "'") {
      if (pattern[affix.end + 1] === "'") {
        affix.text += "'";
        affix.end += 1;
      } else {
        quoted = !quoted;
      }
      continue;
    }
    if (!quoted) {
      if (until?.test(character)) {
        return affix;
      }
      if (character === ';' || NUMBER_PART.test(character)) {
        throw new PatternError(
          `the character ${character} at position ${affix.end + 1} has a meaning of its own there`,
        );
      }
      if (character === '%' || character === PER_MILLE) {
        affix.powers.push(character === '%' ? 2 : 3);
      }
    }
    affix.text += character;
  }
  if (quoted) {
    throw new PatternError("a quote ' is not closed");
  }
  return affix;
}

interface NumberPart {
  /** `#` before the first `0`, `0`, and `#` after it. */
  left: number;
  zeros: number;
  right: number;
  /** Digits before the point; -1 without one. */
  point: number;
  /** Digits since the last grouping separator; -1 without one. */
  grouping: number;
  exponentDigits: number;
  end: number;
}

function readNumber(pattern: string, start: number): NumberPart {
  const part: NumberPart = {
    left: 0,
    zeros: 0,
    right: 0,
    point: -1,
    grouping: -1,
    exponentDigits: 0,
    end: start,
  };
  for (; part.end < pattern.length; part.end += 1) {
    const character = pattern[part.end]!;
    if (character === '#' || character === '0') {
      countDigit(part, character);
    } else if (character === ',') {
      part.grouping = 0;
    } else if (character === '.') {
      if (part.point >= 0) {
        throw new PatternError('it has more than one decimal point');
      }
      part.point = part.left + part.zeros + part.right;
    } else {
      break;
    }
  }
  if (pattern[part.end] === 'E') {
    const zeros = /^0*/.exec(pattern.slice(part.end + 1))![0].length;
    if (zeros === 0) {
      throw new PatternError('the exponent E needs at least one 0 behind it');
    }
    part.exponentDigits = zeros;
    part.end += 1 + zeros;
  }
  return part;
}

function countDigit(part: NumberPart, character: '#' | '0'): void {
  if (character === '#') {
    part[part.zeros > 0 ? 'right' : 'left'] += 1;
  } else if (part.right > 0) {
    throw new PatternError('a 0 stands behind a #, where digits are optional already');
  } else {
    part.zeros += 1;
  }
  if (part.grouping >= 0 && part.point < 0) {
    part.grouping += 1;
  }
}

function layOut(part: NumberPart): Omit<NumberPattern, 'positive' | 'negative' | 'multiplierPower'> {
  let { left, zeros, right } = part;
  const { point, grouping, exponentDigits } = part;
  const total = left + zeros + right;
  if (total === 0) {
    throw new PatternError('it has neither 0 nor #, so there is no place for the number');
  }
  if (zeros === 0 && left > 0 && point >= 0) {
    // `##.##` shows at least one digit: it is `#0.##`, and `.##` is `.0#`.
    const digitsBefore = Math.max(1, point);
    right = left - digitsBefore;
    left = digitsBefore - 1;
    zeros = 1;
  }
  if ((point < 0 && right > 0) || (point >= 0 && (point < left || point > left + zeros))) {
    throw new PatternError('# and 0 are in the wrong order: # goes to the outside, 0 next to the point');
  }
  if (grouping === 0) {
    throw new PatternError('the grouping separator has no digit behind it');
  }
  const integerDigits = point >= 0 ? point : total;
  return {
    leastIntegerDigits: integerDigits - left,
    mostIntegerDigits: integerDigits,
    mostFractionDigits: point >= 0 ? total - point : 0,
    leastFractionDigits: point >= 0 ? left + zeros - point : 0,
    groupingSize: Math.max(0, grouping),
    alwaysShowsPoint: point === 0 || point === total,
    leastExponentDigits: exponentDigits,
  };
}
