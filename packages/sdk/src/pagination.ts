import { InvalidResponseError } from './errors.ts';
import type { CallOptions, Transport } from './transport.ts';

/** One page of a list. */
export interface ListPage<Item> {
  /** Number of items on all pages. */
  count: number;
  next: string | null;
  previous: string | null;
  results: Item[];
}

/**
 * A list that is asked for when it is used: `for await (const job of platform.jobs.list())` reads page after page,
 * `.page()` the first one, `.all()` everything. Each use asks again.
 */
export class Listing<Item> implements AsyncIterable<Item> {
  readonly #transport: Transport;
  readonly #path: string;
  readonly #call: CallOptions;

  constructor(transport: Transport, path: string, call: CallOptions = {}) {
    this.#transport = transport;
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
      seen.add(this.#transport.url(path));
      const page: ListPage<Item> = await this.#read(path);
      yield page;
      path = page.next === null ? null : this.#transport.ownUrl(page.next);
      if (path !== null && seen.has(path)) {
        throw new InvalidResponseError(`The pages of ${this.#path} go in a circle: ${path} was read before.`);
      }
    }
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Item, void, undefined> {
    for await (const page of this.pages()) yield* page.results;
  }

  /** All items in one array. */
  async all(): Promise<Item[]> {
    const items: Item[] = [];
    for await (const page of this.pages()) items.push(...page.results);
    return items;
  }

  /** The first item, `undefined` when there is none. */
  async first(): Promise<Item | undefined> {
    return (await this.page()).results[0];
  }

  async #read(path: string): Promise<ListPage<Item>> {
    const body = await this.#transport.json({ method: 'GET', path, ...this.#call });
    // Some lists of this API come bare, without an envelope.
    if (Array.isArray(body)) return { count: body.length, next: null, previous: null, results: body };
    if (isPage<Item>(body)) return { ...body, next: body.next ?? null, previous: body.previous ?? null };
    throw new InvalidResponseError(`GET ${path} was not answered with a list.`, {
      hint: 'Check that the base URL is the root of a platform.',
    });
  }
}

function isPage<Item>(body: unknown): body is ListPage<Item> {
  return body !== null && typeof body === 'object' && 'results' in body && Array.isArray(body.results);
}
