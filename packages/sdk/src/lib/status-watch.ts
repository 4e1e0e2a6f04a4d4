import type { JobStatus, listJobStatuses } from '@quarry/contract';
import { STATUS_WAIT_MS } from '../limits.ts';
import type { Listing, ListPage } from '../pagination.ts';
import { fillPath, formatQuery } from '../path.ts';
import type { Transport } from '../transport.ts';

const PATH = '/api/v2/jobs/:jobId/statuses/';
const PAGE_SIZE = 100;
/** An answer without news in less than this did not wait, and */
const TOO_SOON_MS = 500;
/** after so many of these the platform is not asked to wait any more. */
const FAILED_WAITS = 3;

/**
 * Looks at the status history of a job again and again. Where the platform knows how, a look waits there for news, and
 * so comes back within milliseconds of them; elsewhere whoever looks has to pause in between.
 */
export class StatusWatch {
  readonly #transport: Transport;
  readonly #jobId: string;
  readonly #signal: AbortSignal | undefined;
  readonly #listing: Listing<JobStatus>;
  /** Id of the newest row that was seen; null when there was none, undefined before the first look. */
  #newest: string | null | undefined;
  #failedWaits = 0;

  constructor(transport: Transport, jobId: string, signal?: AbortSignal) {
    this.#transport = transport;
    this.#jobId = jobId;
    this.#signal = signal;
    const input = { params: { jobId }, query: { page_size: PAGE_SIZE }, ...(signal && { signal }) };
    this.#listing = transport.list<typeof listJobStatuses>(PATH, input);
  }

  /** Whether the next look can wait for news at the platform. */
  async canWait(): Promise<boolean> {
    if (this.#newest === undefined || this.#failedWaits >= FAILED_WAITS) {
      return false;
    }
    return (await this.#transport.features(this.#signal && { signal: this.#signal })).has('status-wait');
  }

  /**
   * The whole history, newest first. A look that waits comes back as soon as the history begins with another row than
   * the last look saw, at the latest after `waitMs` or some 20 s. It is not repeated when it fails; the next one does
   * not wait.
   */
  async look(waitMs = 0): Promise<JobStatus[]> {
    const seconds = Math.floor(Math.min(waitMs, STATUS_WAIT_MS) / 1000);
    const before = this.#newest;
    this.#newest = undefined;
    let statuses: JobStatus[];
    if (before === undefined || seconds === 0) {
      statuses = await this.#listing.all();
    } else {
      const askedAt = performance.now();
      statuses = await this.#waitFor(before, seconds);
      const hasWaited = (statuses[0]?.id ?? null) !== before || performance.now() - askedAt > TOO_SOON_MS;
      this.#failedWaits = hasWaited ? 0 : this.#failedWaits + 1;
    }
    this.#newest = statuses[0]?.id ?? null;
    return statuses;
  }

  async #waitFor(since: string | null, seconds: number): Promise<JobStatus[]> {
    const query = formatQuery({ page_size: PAGE_SIZE, wait: seconds, ...(since !== null && { since }) });
    const answer = (await this.#transport.json({
      method: 'GET',
      path: fillPath(PATH, { jobId: this.#jobId }) + query,
      repeat: 'never',
      timeoutMs: this.#transport.timeoutMs + seconds * 1000,
      ...(this.#signal && { signal: this.#signal }),
    })) as ListPage<JobStatus>;
    return answer.next === null ? answer.results : this.#listing.all();
  }
}
