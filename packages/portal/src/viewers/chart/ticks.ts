/** Numbers beside axes: short, and never 0 for what is not 0. */
import { formatNumber } from '../../words/numbers.ts';

const SUPERSCRIPTS = '⁰¹²³⁴⁵⁶⁷⁸⁹';
const LARGE = 1e6;
const SMALL = 1e-3;

/** `step` is how far ticks are apart; digits that do not tell them apart are left out. */
export function formatTick(value: number, step: number): string {
  if (value === 0 || !Number.isFinite(value)) {
    return value === 0 ? '0' : '';
  }
  const size = Math.abs(value);
  if (size >= LARGE || size < SMALL) {
    return inPowersOfTen(value, step);
  }
  const digits = Math.min(12, Math.max(0, -Math.floor(Math.log10(Math.abs(step) || size) + 1e-9)));
  return trimZeros(value.toFixed(digits));
}

/** What stands beside a logarithmic axis: powers of ten by their exponent. */
export function formatLogTick(value: number): string {
  const exponent = Math.log10(value);
  return Number.isInteger(Math.round(exponent * 1e9) / 1e9) && (value >= LARGE || value < 0.01)
    ? `10${superscript(Math.round(exponent))}`
    : formatTick(value, value);
}

/** Three digits that count, of what is very large or small in powers of ten. */
export function formatValue(value: number): string {
  const size = Math.abs(value);
  return size !== 0 && Number.isFinite(value) && (size >= LARGE || size < SMALL)
    ? inPowersOfTen(value, size / 100)
    : formatNumber(value);
}

function inPowersOfTen(value: number, step: number): string {
  const exponent = Math.floor(Math.log10(Math.abs(value)) + 1e-9);
  const digits = Math.min(
    6,
    Math.max(0, exponent - Math.floor(Math.log10(Math.abs(step) || Math.abs(value)) + 1e-9)),
  );
  const mantissa = trimZeros((value / 10 ** exponent).toFixed(digits));
  return mantissa === '1' ? `10${superscript(exponent)}` : `${mantissa}·10${superscript(exponent)}`;
}

function trimZeros(text: string): string {
  const short = text.includes('.') ? text.replace(/\.?0+$/, '') : text;
  return short === '-0' ? '0' : short.replace('-', '−');
}

function superscript(exponent: number): string {
  return String(exponent)
    .replace(/\d/g, (digit) => SUPERSCRIPTS[Number(digit)]!)
    .replace('-', '⁻');
}
