/** What `bench/results/` holds, as the page needs it. */
import { readFile } from 'node:fs/promises';
import type { Row } from '../../bench/lib/benchmark.ts';
import type { KeptResult } from '../../bench/lib/report.ts';

const RESULTS = new URL('../../bench/results/', import.meta.url);

/** The latest result of a benchmark; null when none was kept. */
export async function latestResult(name: string): Promise<KeptResult | null> {
  const text = await readFile(new URL(`${name}.json`, RESULTS), 'utf8').catch(() => '[]');
  return (JSON.parse(text) as KeptResult[]).at(-1) ?? null;
}

/** A number with its unit, as many digits as mean something. */
export function quantity(value: number, unit: string): string {
  if (unit === 'ms' && Math.abs(value) >= 1000) {
    return `${digits(value / 1000)} s`;
  }
  if (unit === 'µs' && Math.abs(value) >= 1000) {
    return `${digits(value / 1000)} ms`;
  }
  return unit.startsWith('/') ? `${digits(value)}${unit}` : `${digits(value)} ${unit}`;
}

function digits(value: number): string {
  const size = Math.abs(value);
  return value.toLocaleString('en-US', { maximumFractionDigits: size >= 100 ? 0 : size >= 10 ? 1 : 2 });
}

/** A row with whose it is: one that is called "the same" belongs to the one before it. */
export interface OwnedRow extends Row {
  isPeer: boolean;
}

export function owned(rows: readonly Row[]): OwnedRow[] {
  let isPeer = false;
  return rows.map((row) => {
    if (!/^the same\b/.test(row.what)) {
      isPeer = /^(peer|limit): /.test(row.what);
    }
    return { ...row, isPeer };
  });
}
