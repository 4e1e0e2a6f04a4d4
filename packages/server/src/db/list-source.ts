import { notFound } from '../problems.ts';

/** The part of a list that a page shows: `limit` rows behind the row with key `after`, else from `offset`. */
export interface Window {
  limit: number;
  offset: number;
  after: string | null;
}

/** A list in the database that is read page by page. */
export interface ListSource<Row> {
  count(): Promise<number>;
  rows(window: Window): Promise<Row[]>;
  /** The row's place in the order, for the link to the next page; null where there is no such key. */
  keyOf(row: Row): string | null;
}

/** Joins the columns that order a list into a key; the date comes first and holds no `~`. */
export function dateKey(date: string, id: string): string {
  return `${date}~${id}`;
}

/** The two halves of such a key; a mangled one is refused as a page that is not there. */
export function splitDateKey(key: string): { date: string; id: string } {
  const [date, id, ...rest] = key.split('~');
  if (!date || !id || rest.length > 0) {
    throw damagedKey();
  }
  return { date, id };
}

/** The refusal of a key that no list has given. */
export function damagedKey() {
  return notFound('Invalid page: its link is damaged. Start again from page 1.');
}
