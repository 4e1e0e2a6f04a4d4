import type { Page } from '@quarry/contract';
import type { ListSource } from '../db/list-source.ts';
import type { Call } from '../http/route.ts';
import { notFound } from '../problems.ts';

const DEFAULT_SIZE = { v2: 10, v3: 25 } as const;
const CURSOR = 'after';

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
  // No list is that long, and a database counts in whole numbers only.
  if (!Number.isSafeInteger(number * size)) {
    throw noSuchPage(number);
  }
  const after = number > 1 ? url.searchParams.get(CURSOR) : null;
  const window = { limit: size + 1, offset: after === null ? (number - 1) * size : 0, after };
  const [count, found] = [await source.count(), await source.rows(window)];
  if (found.length === 0 && number > 1) {
    throw noSuchPage(number);
  }
  const rows = found.slice(0, size);
  const link = (page: number, key: string | null) => {
    const target = new URL(url);
    target.searchParams.set('page', String(page));
    if (key === null) {
      target.searchParams.delete(CURSOR);
    } else {
      target.searchParams.set(CURSOR, key);
    }
    return target.href;
  };
  return {
    count,
    next: found.length > size ? link(number + 1, source.keyOf(rows.at(-1)!)) : null,
    previous: number > 1 ? link(number - 1, null) : null,
    results: rows.map(toWire),
  };
}

function noSuchPage(number: number) {
  return notFound(`Invalid page: there is no page ${number} of this list.`);
}

/** A list that is in memory already, such as the catalogue. */
export function inMemory<Row>(
  all: ArrayLike<Row> & { slice(from: number, to: number): Iterable<Row> },
): ListSource<Row> {
  return {
    count: async () => all.length,
    rows: async ({ limit, offset }) => [...all.slice(offset, offset + limit)],
    keyOf: () => null,
  };
}
