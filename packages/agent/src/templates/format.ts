import { type Decimal, roundDigits } from './decimal.ts';
import type { NumberPattern } from './pattern.ts';

/** Writes a number as `java.text.DecimalFormat` does in the root locale: rounded half to even, exactly. */
export function formatDecimal(value: Decimal, pattern: NumberPattern): string {
  const scaled = value.digits === '' ? value : { ...value, point: value.point + pattern.multiplierPower };
  const { prefix, suffix } = value.negative ? pattern.negative : pattern.positive;
  const number = pattern.leastExponentDigits > 0 ? scientific(scaled, pattern) : fixed(scaled, pattern);
  return `${prefix}${number}${suffix}`;
}

function fixed(value: Decimal, pattern: NumberPattern): string {
  const { leastIntegerDigits, leastFractionDigits, mostFractionDigits, groupingSize } = pattern;
  const rounded = roundDigits(value, value.point + mostFractionDigits);
  const { digits, point } = rounded.digits === '' ? { digits: '', point: 0 } : rounded;
  const whole = digits.slice(0, Math.max(0, point)).padEnd(point, '0').padStart(leastIntegerDigits, '0');
  const fraction = (
    digits === '' ? '' : '0'.repeat(Math.max(0, -point)) + digits.slice(Math.max(0, point))
  ).padEnd(leastFractionDigits, '0');
  const shown = whole === '' && fraction === '' ? '0' : group(whole, groupingSize);
  return fraction !== '' || pattern.alwaysShowsPoint ? `${shown}.${fraction}` : shown;
}

function group(digits: string, size: number): string {
  return size === 0 ? digits : digits.replace(new RegExp(`\\B(?=(\\d{${size}})+$)`, 'g'), ',');
}

function scientific(value: Decimal, pattern: NumberPattern): string {
  const { leastIntegerDigits, mostIntegerDigits, leastFractionDigits, mostFractionDigits } = pattern;
  const { digits, point } = roundDigits(value, mostIntegerDigits + mostFractionDigits);
  const isZero = digits === '';
  // More places before the point than are required: the exponent is a multiple of their number.
  const repeats = mostIntegerDigits > 1 && mostIntegerDigits > leastIntegerDigits;
  const leastBefore = repeats ? 1 : leastIntegerDigits;
  const natural = repeats
    ? Math.floor((point - 1) / mostIntegerDigits) * mostIntegerDigits
    : point - leastIntegerDigits;
  const exponent = isZero ? 0 : natural;
  const before = isZero ? leastBefore : point - exponent;
  const length = Math.max(digits.length, leastIntegerDigits + leastFractionDigits, before);
  const mantissa = digits.padEnd(length, '0');
  const fraction = mantissa.slice(before);
  const shown =
    fraction !== '' || pattern.alwaysShowsPoint ? `${mantissa.slice(0, before)}.${fraction}` : mantissa;
  return `${shown}E${exponent < 0 ? '-' : ''}${String(Math.abs(exponent)).padStart(pattern.leastExponentDigits, '0')}`;
}
