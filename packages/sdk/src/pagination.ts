import type { CallOptions } from './call-options.ts';
import { InvalidResponseError } from './errors.ts';

/** One page of a list. */
export interface ListPage<Item> {
  /** Number of items on all pages. */
  count: number;
  next: string | null;
  previous: string | null;
  results: Item[];
}

/** What reads pages; the transport does. */
interface PageReader {
  /** The address of a path of the platform. */
  url(path: string): string;
  /** An address that the platform gave, if it is its own. */
  ownUrl(link: string): string;
  json(spec: { method: string; path: string } & CallOptions): Promise<unknown>;
}

/**
 * A list that is asked for when it is used: `for await (const job of platform.jobs.list())` reads page after page,
 * `.page()` the first one, `.all()` everything. Each use asks again.
 */
export class Listing<Item> implements AsyncIterable<Item> {
  readonly #reader: PageReader;
  readonly #path: string;
  readonly #call: CallOptions;

  constructor(reader: PageReader, path: string, call: CallOptions = {}) {
    this.#reader = reader;
    this.#path = path;
    this.#call = call;
  }

  /** The first page, or the one the query names. */
  page(): Promise<ListPage<Item>> {
    return this.#read(this.#path);
  }

  /** Every page from the first on, each asked for when the one before it has been used. */
  async *pages(): AsyncGenerator<ListPage<Item>, void, undefined> {
    const seen = new Set<string>();
    for (let path: string | null = this.#path; path !== null; ) {
      seen.add(this.#reader.url(path));
      const page: ListPage<Item> = await this.#read(path);
      yield page;
      path = page.next === null ? null : this.#reader.ownUrl(page.next);
      if (path !== null && seen.has(path)) {
        throw new InvalidResponseError(`The pages of ${this.#path} go in a circle: ${path} was read before.`);
      }
    }
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Item, void, undefined> {
    for await (const page of this.pages()) {
      yield* page.results;
    }
  }

  /** All items in one array. */
  async all(): Promise<Item[]> {
    const items: Item[] = [];
    for await (const page of this.pages()) {
      items.push(...page.results);
    }
    return items;
  }

  /** The first item, `undefined` when there is none. */
  async first(): Promise<Item | undefined> {
    return (await this.page()).results[0];
  }

  async #read(path: string): Promise<ListPage<Item>> {
    const body = await this.#reader.json({ method: 'GET', path, ...this.#call });
    // Some lists of this API come bare, without an envelope.
    if (Array.isArray(body)) {
      return { count: body.length, next: null, previous: null, results: body };
    }
    if (isPage<Item>(body)) {
      return { ...body, next: body.next ?? null, previous: body.previous ?? null };
    }
    throw new InvalidResponseError(`GET ${path} was not answered with a list.`, {
      hint: 'Check that the base URL is the root of a platform.',
    });
  }
}

function isPage<Item>(body: unknown): body is ListPage<Item> {
  return body !== null && typeof body === 'object' && 'results' in body && Array.isArray(body.results);
}
