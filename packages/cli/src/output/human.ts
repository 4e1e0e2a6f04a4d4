const BYTE_UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

/** A size in bytes for people: `0 B`, `1.2 MiB`. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1023.5 && unit < BYTE_UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  const text = unit === 0 || value >= 99.95 ? String(Math.round(value)) : value.toFixed(1);
  return `${text} ${BYTE_UNITS[unit]}`;
}

/** A length of time in seconds for people, two units at most: `0.4 s`, `3 min 05 s`, `2 d 04 h`. */
export function formatDuration(seconds: number): string {
  if (seconds < 9.95) {
    return `${seconds.toFixed(1)} s`;
  }
  const whole = Math.round(seconds);
  if (whole < 60) {
    return `${whole} s`;
  }
  const pair = (large: number, largeUnit: string, small: number, smallUnit: string) =>
    `${large} ${largeUnit} ${String(small).padStart(2, '0')} ${smallUnit}`;
  if (whole < 3600) {
    return pair(Math.floor(whole / 60), 'min', whole % 60, 's');
  }
  const minutes = Math.floor(whole / 60);
  if (minutes < 24 * 60) {
    return pair(Math.floor(minutes / 60), 'h', minutes % 60, 'min');
  }
  const hours = Math.floor(minutes / 60);
  return pair(Math.floor(hours / 24), 'd', hours % 24, 'h');
}

const AGE_UNITS: [seconds: number, unit: string][] = [
  [365 * 86_400, 'year'],
  [30 * 86_400, 'month'],
  [86_400, 'day'],
  [3600, 'hour'],
  [60, 'minute'],
];

/** How long ago a date of the API was, for people: `just now`, `5 minutes ago`; empty for a missing date. */
export function formatAge(date: string | null | undefined, nowMilliseconds: number): string {
  if (!date) {
    return '';
  }
  const then = Date.parse(date);
  if (Number.isNaN(then)) {
    return date;
  }
  const seconds = (nowMilliseconds - then) / 1000;
  for (const [size, unit] of AGE_UNITS) {
    const count = Math.floor(seconds / size);
    if (count >= 1) {
      return `${count} ${unit}${count === 1 ? '' : 's'} ago`;
    }
  }
  return 'just now';
}

/** An amount of money: `0.06 USD`, with up to four digits where a small price needs them. */
export function formatMoney(amount: number, currency: string): string {
  const digits = amount.toFixed(4).replace(/0{1,2}$/, '');
  return `${digits} ${currency}`;
}

/** Chooses between the singular and the plural: `1 file`, `3 files`. */
export function count(number: number, singular: string, plural = `${singular}s`): string {
  return `${number} ${number === 1 ? singular : plural}`;
}

/** A number with at most that many significant digits, as short as it can be written; all digits when undefined. */
export function formatNumber(value: number, digits?: number): string {
  return String(digits === undefined ? value : Number(value.toPrecision(digits)));
}
