const BYTE_UNITS: Record<string, number> = {
  '': 1,
  B: 1,
  kB: 1e3,
  MB: 1e6,
  GB: 1e9,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
};
const TIME_UNITS: Record<string, number> = { '': 1, ms: 1, s: 1000 };

/** Bytes, or bytes per second, from a text such as `8.4MB` or `1 MiB/s`; throws in words when it is neither. */
export function parseBytes(text: string): number {
  return Math.round(parse(text.replace(/\/s$/, ''), BYTE_UNITS, 'a size such as 8.4MB or 1MiB'));
}

/** Milliseconds from a text such as `20ms` or `1.5s`; throws in words when it is none. */
export function parseMilliseconds(text: string): number {
  return parse(text, TIME_UNITS, 'a time such as 20ms or 1s');
}

function parse(text: string, units: Record<string, number>, wanted: string): number {
  const [, digits, unit = ''] = /^(\d+(?:\.\d+)?) ?([A-Za-z]*)$/.exec(text.trim()) ?? [];
  const factor = units[unit];
  if (digits === undefined || factor === undefined) {
    throw new Error(`${text} is not ${wanted}.`);
  }
  return Number(digits) * factor;
}
