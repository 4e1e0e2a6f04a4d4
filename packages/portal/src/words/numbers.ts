/** Numbers, times and sizes as people read them: in the order and signs of their own language, in local time. */
const language = typeof navigator === 'undefined' ? 'en' : navigator.language;
const locale = language.startsWith('en') ? language : 'en';

const whole = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat(locale, { maximumSignificantDigits: 3 });
const percent = new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 0 });
const timeFormat = new Intl.DateTimeFormat(locale, {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
});
const dateFormat = new Intl.DateTimeFormat(locale, { dateStyle: 'medium' });
const dateTimeFormat = new Intl.DateTimeFormat(locale, {
  dateStyle: 'medium',
  timeStyle: 'medium',
  hourCycle: 'h23',
});
const zoneFormat = new Intl.DateTimeFormat(locale, {
  dateStyle: 'medium',
  timeStyle: 'long',
  hourCycle: 'h23',
});
const relativeFormat = new Intl.RelativeTimeFormat(locale, { numeric: 'auto', style: 'short' });

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'] as const;
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

export function formatCount(value: number): string {
  return whole.format(value);
}

/** Three digits that count, such as `0.0123` or `1,230`. */
export function formatNumber(value: number): string {
  return Math.abs(value) >= 1000 ? whole.format(value) : short.format(value);
}

/** A share from 0 to 1 in percent. */
export function formatPercent(share: number): string {
  return percent.format(share);
}

/** A measured value of any size, with a power of ten where it is very large or small. */
export function formatValue(value: number, digits = 6): string {
  const size = Math.abs(value);
  const isExtreme = size !== 0 && (size >= 1e6 || size < 1e-3);
  return value.toLocaleString(locale, {
    maximumSignificantDigits: digits,
    ...(isExtreme && { notation: 'scientific' }),
  });
}

/** In powers of 1000, as disks are sold and downloads are shown by browsers. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${short.format(value)} ${UNITS[unit]}`;
}

/** The two largest units, such as `2 d 4 h` or `3.2 s`. */
export function formatDuration(seconds: number): string {
  if (seconds < 10) {
    return `${(Math.round(seconds * 10) / 10).toLocaleString(locale)} s`;
  }
  const total = Math.round(seconds);
  const parts = [
    { size: 86_400, unit: 'd' },
    { size: 3600, unit: 'h' },
    { size: 60, unit: 'min' },
    { size: 1, unit: 's' },
  ];
  const first = parts.findIndex(({ size }) => total >= size);
  let left = total;
  return parts
    .slice(first, first + 2)
    .map(({ size, unit }) => {
      const count = Math.floor(left / size);
      left -= count * size;
      return { count, text: `${count} ${unit}` };
    })
    .filter(({ count }, index) => index === 0 || count > 0)
    .map(({ text }) => text)
    .join(' ');
}

export function formatTime(date: Date): string {
  return timeFormat.format(date);
}

export function formatDateTime(date: Date): string {
  return dateTimeFormat.format(date);
}

/** Local time with its zone, then UTC, for whoever points at a time. */
export function formatExactTime(date: Date): string {
  const utc = date
    .toISOString()
    .replace('T', ' ')
    .replace(/\.\d+Z$/, ' UTC');
  return `${zoneFormat.format(date)} · ${utc}`;
}

/** How long ago, or for older times the date. */
export function formatAge(date: Date, now: Date): string {
  const age = now.getTime() - date.getTime();
  if (age < MINUTE_MS) {
    return relativeFormat.format(-Math.max(0, Math.floor(age / 1000)), 'second');
  }
  if (age < HOUR_MS) {
    return relativeFormat.format(-Math.floor(age / MINUTE_MS), 'minute');
  }
  if (age < DAY_MS) {
    return relativeFormat.format(-Math.floor(age / HOUR_MS), 'hour');
  }
  return age < 7 * DAY_MS ? relativeFormat.format(-Math.floor(age / DAY_MS), 'day') : dateFormat.format(date);
}

/** An amount that the API gave as a decimal number, in its currency. */
export function formatMoney(amount: string, currency: string): string {
  const value = Number(amount);
  if (!Number.isFinite(value) || !/^[A-Z]{3}$/.test(currency)) {
    return `${amount} ${currency}`.trim();
  }
  const digits = value !== 0 && Math.abs(value) < 0.01 ? { maximumSignificantDigits: 2 } : {};
  return new Intl.NumberFormat(locale, { style: 'currency', currency, ...digits }).format(value);
}

/** The number that somebody has typed, with a decimal point or comma; null where it is none. */
export function parseNumber(text: string): number | null {
  const plain = text.trim().replace(',', '.');
  const isNumber = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(plain);
  const value = isNumber ? Number(plain) : Number.NaN;
  return Number.isFinite(value) ? value : null;
}
