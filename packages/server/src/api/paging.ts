import type { Page } from '@quarry/contract';
import { notFound } from '../errors.ts';
import type { Call } from '../http/route.ts';

const DEFAULT_SIZE = { v2: 10, v3: 25 } as const;
const CURSOR = 'after';

/** The part of a list that a page shows: `limit` rows behind the row with key `after`, else from `offset`. */
export interface Window {
  limit: number;
  offset: number;
  after: string | null;
}

export interface ListSource<Row> {
  count(): Promise<number>;
  rows(window: Window): Promise<Row[]>;
  /** The row's place in the order, for the link to the next page; null where there is no such key. */
  keyOf(row: Row): string | null;
}

type Paged = Pick<Call, 'version' | 'baseUrl' | 'url'> & { query: { page?: number; page_size?: number } };

/**
 * A page of a list in the envelope of the API. The link to the next page carries the key of the last row
 * beside the page number, so that following links costs the same on every page; a page that is asked for by
 * number alone is found by counting.
 */
export async function paginate<Row, Item>(
  call: Paged,
  source: ListSource<Row>,
  toWire: (row: Row) => Item,
): Promise<Page<Item>> {
  const url = new URL(call.url, call.baseUrl);
  const number = call.query.page ?? 1;
  const size = call.query.page_size ?? DEFAULT_SIZE[call.version];
  const after = number > 1 ? url.searchParams.get(CURSOR) : null;
  const window = { limit: size + 1, offset: after === null ? (number - 1) * size : 0, after };
  const [count, found] = [await source.count(), await source.rows(window)];
  if (found.length === 0 && number > 1) {
    throw notFound(`Invalid page: there is no page ${number} of this list.`);
  }
  const rows = found.slice(0, size);
  const link = (page: number, key: string | null) => {
    const target = new URL(url);
    target.searchParams.set('page', String(page));
    if (key === null) target.searchParams.delete(CURSOR);
    else target.searchParams.set(CURSOR, key);
    return target.href;
  };
  return {
    count,
    next: found.length > size ? link(number + 1, source.keyOf(rows.at(-1)!)) : null,
    previous: number > 1 ? link(number - 1, null) : null,
    results: rows.map(toWire),
  };
}

/** A list that is short and in memory already, such as the catalogue. */
export function inMemory<Row>(all: readonly Row[]): ListSource<Row> {
  return {
    count: async () => all.length,
    rows: async ({ limit, offset }) => all.slice(offset, offset + limit),
    keyOf: () => null,
  };
}

/** Joins the columns that order a list into a key; the date comes first and holds no `~`. */
export function dateKey(date: string, id: string): string {
  return `${date}~${id}`;
}

/** The two halves of such a key; a mangled one is refused as a page that is not there. */
export function splitDateKey(key: string): { date: string; id: string } {
  const [date, id, ...rest] = key.split('~');
  if (!date || !id || rest.length > 0)
    throw notFound('Invalid page: its link is damaged. Start again from page 1.');
  return { date, id };
}
