/** Arithmetic on numbers as people write them: 0.1 is one tenth here, so steps do not drift. */

/** `digits` / 10^`places`; `places` is never negative. */
export interface Decimal {
  digits: bigint;
  places: number;
}

/** The shortest decimal that reads back as this finite number, exactly. */
export function toDecimal(value: number): Decimal {
  const [mantissa = '', exponent = '0'] = value.toExponential().split('e');
  const [whole = '', fraction = ''] = mantissa.split('.');
  const places = fraction.length - Number(exponent);
  const digits = BigInt(whole + fraction);
  return places >= 0 ? { digits, places } : { digits: digits * 10n ** BigInt(-places), places: 0 };
}

/** Brings decimals to the same number of places; gives their digits and that number. */
export function align(...decimals: Decimal[]): { digits: bigint[]; places: number } {
  const places = Math.max(...decimals.map((decimal) => decimal.places));
  return {
    places,
    digits: decimals.map((decimal) => decimal.digits * 10n ** BigInt(places - decimal.places)),
  };
}

/** The number nearest to `digits` / 10^`places`. */
export function toNumber(digits: bigint, places: number): number {
  return Number(`${digits}e${-places}`);
}

/** Digits beyond the 17 that tell doubles apart, so that a quotient that is cut off rounds to the right one. */
const GUARD_DIGITS = 25;

/** The number nearest to (`numerator` / `denominator`) / 10^`places`. */
export function quotient(numerator: bigint, denominator: bigint, places: number): number {
  const shortfall = GUARD_DIGITS + String(denominator).length - String(numerator).length;
  const shift = Math.max(0, shortfall);
  return toNumber((numerator * 10n ** BigInt(shift)) / denominator, places + shift);
}

/** The middle of a range, nearest to what the decimals of its bounds say. */
export function middle({ min, max }: { min: number; max: number }): number {
  const { digits, places } = align(toDecimal(min), toDecimal(max));
  return quotient(digits[0]! + digits[1]!, 2n, places);
}
