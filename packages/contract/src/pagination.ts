import { z } from 'zod';
import { MAX_PAGE_SIZE } from './limits.ts';
import { wireInteger, wireQuery } from './wire.ts';

/** The envelope of a list; pages count from 1. */
export interface Page<Item> {
  count: number;
  /** Absolute URL of the next page under the host that the client used; null at the end. */
  next: string | null;
  previous: string | null;
  results: Item[];
}

/** The envelope schema around `item`. */
export function page<Item extends z.ZodType>(item: Item) {
  return z.strictObject({
    count: z.int().nonnegative(),
    next: z.url().nullable(),
    previous: z.url().nullable(),
    results: z.array(item),
  });
}

/** Any integer, brought into 1..MAX_PAGE_SIZE: clients ask for 9999 and expect to be served. */
function pageSize(): z.ZodType<number, number> {
  return wireInteger().transform((size) =>
    Math.min(Math.max(size, 1), MAX_PAGE_SIZE),
  ) as unknown as z.ZodType<number, number>;
}

/** Query fields of every paginated list. A page past the end is the server's 404. */
export const pageFields = {
  page: wireInteger({ min: 1 }).optional(),
  page_size: pageSize().optional(),
};

export const pageAliases = { pageSize: 'page_size' };

export const pageQuery = wireQuery(pageFields, { aliases: pageAliases });
export type PageQuery = z.output<typeof pageQuery>;
