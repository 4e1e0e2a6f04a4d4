/** Server-sent events (WHATWG HTML, 9.2) on a response. What is sent when is the caller's to know. */
import type { ServerResponse } from 'node:http';

/** For proxies as well: neither to be kept nor to be collected before it is passed on (nginx). */
export const EVENT_STREAM_HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  'x-accel-buffering': 'no',
} as const;

export interface ServerSentEvent {
  type: string;
  /** Sent as JSON; without it only the id is sent, which clients remember and tell nobody of. */
  data?: unknown;
  /** What a client that comes again names as `Last-Event-ID`. */
  id?: string;
}

export interface EventStreamOptions {
  /** After so long without an event a comment is sent, so that neither proxies nor the client take the silence for an end. */
  heartbeatSeconds: number;
  /** A reader that takes nothing for so long is let go. */
  stallSeconds: number;
  /** How long a client is to wait before it comes again. */
  retryMs: number;
}

export class EventStream implements Disposable {
  readonly #response: ServerResponse;
  readonly #stallMs: number;
  readonly #gone = new AbortController();
  readonly #heartbeat: NodeJS.Timeout;

  /** For a response whose head is written. */
  constructor(response: ServerResponse, { heartbeatSeconds, stallSeconds, retryMs }: EventStreamOptions) {
    this.#response = response;
    this.#stallMs = stallSeconds * 1000;
    if (response.destroyed) {
      this.#gone.abort();
    }
    response.once('close', () => this.#gone.abort());
    response.on('error', () => this.#gone.abort());
    response.write(`retry: ${retryMs}\n\n`);
    this.#heartbeat = setInterval(() => {
      if (!response.writableNeedDrain && !response.writableEnded) {
        response.write(':\n\n');
      }
    }, heartbeatSeconds * 1000);
  }

  /** Aborted when the reader is gone. */
  get gone(): AbortSignal {
    return this.#gone.signal;
  }

  /**
   * Sends events together. Resolves when there is room for more, so that whoever waits for it before looking again
   * sends a slow reader the newest and queues nothing.
   */
  async send(events: readonly ServerSentEvent[]): Promise<void> {
    if (events.length > 0) {
      await this.sendFrame(events.map(format).join(''));
    }
  }

  /** The same for events that were made before, perhaps for many readers. */
  async sendFrame(frame: string | Buffer): Promise<void> {
    if (this.gone.aborted) {
      return;
    }
    this.#heartbeat.refresh();
    if (this.#response.write(frame)) {
      return;
    }
    const stalled = setTimeout(() => this.#response.destroy(), this.#stallMs);
    await new Promise<void>((resolve) => {
      const go = () => {
        this.#response.off('drain', go);
        this.gone.removeEventListener('abort', go);
        resolve();
      };
      this.#response.once('drain', go);
      this.gone.addEventListener('abort', go, { once: true });
    });
    clearTimeout(stalled);
  }

  /** Ends the answer; the client comes again unless the last event told it not to. */
  [Symbol.dispose](): void {
    clearInterval(this.#heartbeat);
    this.#response.end();
  }
}

/** An event as it goes over a connection. */
export function eventFrame(event: ServerSentEvent): Buffer {
  return Buffer.from(format(event));
}

function format({ type, data, id }: ServerSentEvent): string {
  if (data === undefined) {
    return `id: ${id}\n\n`;
  }
  // JSON holds no line ends, so one line of data is enough.
  return `${id === undefined ? '' : `id: ${id}\n`}event: ${type}\ndata: ${JSON.stringify(data)}\n\n`;
}
