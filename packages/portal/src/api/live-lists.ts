/**
 * Lists of many pages that change with the news. Short ones are read anew as a whole. Of a long one only the pages in sight
 * are: the others are known to be old, and are read when they come into sight. What the news change in rows while pages are
 * on their way is done again when these have come, since an answer that was begun before knows nothing of it.
 */
import type { ListPage } from '@quarry/sdk';
import {
  hashKey,
  type InfiniteData,
  type Query,
  type QueryClient,
  type QueryKey,
} from '@tanstack/react-query';

/** Longer lists are not read anew as a whole. */
const MAX_PAGES_REFRESHED = 3;
/** Rows so near to a page count as its own: some rows of a list may not be shown. */
const MARGIN_ROWS = 20;

type Row = { id: string };
type Pages = InfiniteData<ListPage<Row>>;
type Change = (data: Pages) => Pages;

interface Seen {
  first: number;
  last: number;
}

export class LiveLists {
  readonly #client: QueryClient;
  /** By list: the changes since its request was sent. */
  readonly #requests = new Map<string, Change[]>();
  /** The same of single pages that are read anew. */
  readonly #readings = new Set<{ hash: string; changes: Change[] }>();
  readonly #old = new Map<string, Set<number>>();
  readonly #seen = new Map<string, Seen>();

  constructor(client: QueryClient) {
    this.#client = client;
    client.getQueryCache().subscribe((event) => {
      const hash = event.query.queryHash;
      if (event.type === 'removed') {
        this.#requests.delete(hash);
        this.#old.delete(hash);
      } else if (event.type === 'updated') {
        const { action } = event;
        if (action.type === 'fetch') {
          this.#requests.set(hash, []);
        } else if ((action.type === 'success' && !action.manual) || action.type === 'error') {
          this.#arrived(event.query, action.type === 'success');
        }
      }
    });
  }

  /** Changes rows of all lists below a key, those that are on their way as well. */
  change(queryKey: QueryKey, change: Change): void {
    for (const query of this.#client.getQueryCache().findAll({ queryKey })) {
      this.#requests.get(query.queryHash)?.push(change);
      for (const reading of this.#readings) {
        if (reading.hash === query.queryHash) {
          reading.changes.push(change);
        }
      }
      this.#apply(query.queryKey, [change]);
    }
  }

  /** Something has changed in all that is below a key: what is in sight is read anew. */
  refresh(queryKey: QueryKey): void {
    for (const query of this.#client.getQueryCache().findAll({ queryKey })) {
      const count = pagesOf(query)?.length ?? 0;
      if (count <= MAX_PAGES_REFRESHED) {
        void this.#client.invalidateQueries({ queryKey: query.queryKey, exact: true });
      } else {
        this.#old.set(query.queryHash, new Set(Array.from({ length: count }, (_, page) => page)));
        this.#readSeen(query);
      }
    }
  }

  /** Which rows of a list somebody sees, counted from 0; null when it is not shown any more. */
  see(queryKey: QueryKey, rows: Seen | null): void {
    const hash = hashKey(queryKey);
    if (rows === null) {
      this.#seen.delete(hash);
      return;
    }
    this.#seen.set(hash, rows);
    const query = this.#client.getQueryCache().get(hash);
    if (query) {
      this.#readSeen(query);
    }
  }

  #arrived(query: Query, isSuccess: boolean): void {
    const changes = this.#requests.get(query.queryHash) ?? [];
    this.#requests.delete(query.queryHash);
    if (isSuccess && changes.length > 0) {
      this.#apply(query.queryKey, changes);
    }
    const isWhole = !query.state.fetchMeta?.fetchMore;
    if (isSuccess && isWhole) {
      this.#old.delete(query.queryHash);
    }
  }

  #apply(queryKey: QueryKey, changes: readonly Change[]): void {
    this.#client.setQueryData<Pages>(queryKey, (data) =>
      data && Array.isArray(data.pages) ? changes.reduce((latest, change) => change(latest), data) : data,
    );
  }

  #readSeen(query: Query): void {
    const seen = this.#seen.get(query.queryHash);
    const old = this.#old.get(query.queryHash);
    const pages = pagesOf(query);
    if (!seen || !old || !pages) {
      return;
    }
    let first = 0;
    for (const [index, { results }] of pages.entries()) {
      const isSeen = first - MARGIN_ROWS <= seen.last && first + results.length + MARGIN_ROWS > seen.first;
      if (isSeen && old.delete(index)) {
        void this.#readPage(query, index);
      }
      first += results.length;
    }
  }

  async #readPage(query: Query, index: number): Promise<void> {
    const reading = { hash: query.queryHash, changes: [] as Change[] };
    this.#readings.add(reading);
    const { pageParams } = query.state.data as Pages;
    const read = query.options.queryFn as (context: object) => Promise<ListPage<Row>>;
    try {
      const page = await read({
        client: this.#client,
        queryKey: query.queryKey,
        pageParam: pageParams[index],
        signal: new AbortController().signal,
      });
      const put: Change = (data) =>
        data.pageParams[index] === pageParams[index]
          ? { ...data, pages: data.pages.map((known, place) => (place === index ? page : known)) }
          : data;
      this.#requests.get(query.queryHash)?.push(put, ...reading.changes);
      this.#apply(query.queryKey, [put, ...reading.changes]);
    } catch {
      // Whether the server is away is known elsewhere; the page is old as before.
      this.#old.get(query.queryHash)?.add(index);
    } finally {
      this.#readings.delete(reading);
    }
  }
}

function pagesOf(query: Query): Pages['pages'] | undefined {
  const pages = (query.state.data as Partial<Pages> | undefined)?.pages;
  return Array.isArray(pages) ? pages : undefined;
}
