/** Decimal numbers as their digits: what a text says is what is rounded, not the nearest binary fraction. */

/** 0.`digits` x 10^`point`, with neither leading nor trailing zeros; no digits are zero, which has no sign. */
export interface Decimal {
  negative: boolean;
  digits: string;
  point: number;
}

const NUMBER = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,9}))?$/;

/** Reads `-12.5e3` and the like, blanks around it allowed; null when the text is no finite number. */
export function parseDecimal(text: string): Decimal | null {
  const match = NUMBER.exec(text.trim());
  if (match === null) {
    return null;
  }
  const [, sign, whole = '', fraction = '', exponent = '0'] = match;
  if (whole === '' && fraction === '') {
    return null;
  }
  const decimal = normalize(sign === '-', whole + fraction, whole.length + Number(exponent));
  return decimal.point > LARGEST_POINT ? null : decimal;
}

/** What is too large for a double is no finite number for the programs that read it either. */
const LARGEST_POINT = 309;

/** Keeps so many digits (none or fewer: of what begins further right, only a carry remains), half to even. */
export function roundDigits(decimal: Decimal, kept: number): Decimal {
  const { negative, digits, point } = decimal;
  if (kept >= digits.length) {
    return decimal;
  }
  if (kept < 0 || !roundsUp(digits, kept)) {
    return { ...normalize(false, digits.slice(0, Math.max(0, kept)), point), negative };
  }
  let last = kept - 1;
  while (last >= 0 && digits[last] === '9') {
    last -= 1;
  }
  if (last < 0) {
    return { negative, digits: '1', point: point + 1 };
  }
  return { negative, digits: digits.slice(0, last) + (Number(digits[last]) + 1), point };
}

function roundsUp(digits: string, kept: number): boolean {
  const next = digits[kept]!;
  if (next !== '5' || digits.length > kept + 1) {
    return next >= '5';
  }
  return kept > 0 && Number(digits[kept - 1]) % 2 === 1;
}

function normalize(negative: boolean, digits: string, point: number): Decimal {
  const trimmed = digits.replace(/^0+/, '');
  const significant = trimmed.replace(/0+$/, '');
  return significant === ''
    ? { negative: false, digits: '', point: 0 }
    : { negative, digits: significant, point: point - (digits.length - trimmed.length) };
}
