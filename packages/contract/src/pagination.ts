import { z } from 'zod';
import { MAX_PAGE_SIZE } from './limits.ts';
import { wireInteger, wireQuery } from './wire.ts';

/** The envelope of a list; pages count from 1. */
export type Page<Item> = z.output<ReturnType<typeof pageSchema<z.ZodType<Item>>>>;

/** The envelope schema around `item`; named after it where it has a name. */
export function page<Item extends z.ZodType>(item: Item) {
  const known = pages.get(item) as ReturnType<typeof pageSchema<Item>> | undefined;
  const schema = known ?? pageSchema(item);
  pages.set(item, schema);
  return schema;
}

/** Each page once: a name stands for one schema. */
const pages = new WeakMap<z.ZodType, z.ZodType>();

function pageSchema<Item extends z.ZodType>(item: Item) {
  const schema = z.strictObject({
    /** Items of all pages together. */
    count: z.int().nonnegative(),
    /** Absolute address of the next page under the host that the client used; null at the end. */
    next: z.url().nullable(),
    /** The same of the page before; null on the first. */
    previous: z.url().nullable(),
    /** The items of this page. */
    results: z.array(item),
  });
  const id = item.meta()?.id;
  return id === undefined ? schema : schema.meta({ id: `${id}Page`, description: 'One page of a list.' });
}

/** Any integer, brought into 1..MAX_PAGE_SIZE: clients ask for 9999 and expect to be served. */
function pageSize(): z.ZodType<number, number> {
  return wireInteger().transform((size) =>
    Math.min(Math.max(size, 1), MAX_PAGE_SIZE),
  ) as unknown as z.ZodType<number, number>;
}

/** Query fields of every paginated list. A page past the end is the server's 404. */
export const pageFields = {
  /** Number of the page, from 1; a page past the end is answered with 404. */
  page: wireInteger({ min: 1 }).optional(),
  /** Items on a page, brought into 1 to 1000; 10 when absent in v2, 25 in v3. */
  page_size: pageSize().optional(),
};

export const pageAliases = { pageSize: 'page_size' };

export const pageQuery = wireQuery(pageFields, { aliases: pageAliases });
export type PageQuery = z.output<typeof pageQuery>;
