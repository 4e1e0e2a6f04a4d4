import type { Listing } from '@quarry/sdk';
import { flag, integer } from './command.ts';
import type { Io } from './io.ts';

const DEFAULT_LIMIT = 25;

/** Options of every command that lists what may be many. */
export const listOptions = {
  limit: integer('--limit <n>', `how many at most (${DEFAULT_LIMIT} unless told otherwise)`),
  all: flag('--all', 'everything, however many'),
};

/** Items up to the limit, and how many there are in all. */
export interface Limited<Item> {
  items: Item[];
  total: number;
}

/** Page size that a limit needs; the platform allows 1000. */
export function pageSizeFor({ limit, all }: { limit: number | undefined; all: boolean }): number {
  return all ? 200 : Math.min(limit ?? DEFAULT_LIMIT, 200);
}

/** How many items the options of a list ask for. */
export function mostOf({ limit, all }: { limit: number | undefined; all: boolean }): number {
  return all ? Number.POSITIVE_INFINITY : (limit ?? DEFAULT_LIMIT);
}

/** Reads as many pages as the limit needs. */
export async function readLimited<Item>(
  listing: Listing<Item>,
  options: { limit: number | undefined; all: boolean },
): Promise<Limited<Item>> {
  const most = mostOf(options);
  const items: Item[] = [];
  let total = 0;
  for await (const page of listing.pages()) {
    total = page.count ?? 0;
    items.push(...page.results.slice(0, most - items.length));
    if (items.length >= most) {
      break;
    }
  }
  return { items, total: Math.max(total, items.length) };
}

/** Says that there is more than was listed. */
export function noteRest(shown: number, total: number, io: Io): void {
  if (shown < total) {
    io.note(`${shown} of ${total}; --all shows everything.`);
  }
}
