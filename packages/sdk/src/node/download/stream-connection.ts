import type { IncomingMessage } from 'node:http';
import { ConnectionError } from '../../errors.ts';
import type { Connections } from '../http.ts';
import type { BodyWriter } from './body-writer.ts';
import { PlainConnection, Unsuitable } from './plain-connection.ts';
import type { Body, Remote } from './remote.ts';
import type { Stretch } from './stretches.ts';

/** What the streams of a download share: connections, and which servers the plain reader does for. */
export interface Network {
  connections: Connections;
  /** By origin; absent until a full client has had a good answer from there. */
  speaksPlainly: Map<string, boolean>;
}

/** The way of one stream to the servers: a plain connection where that does, else a full client. */
export class StreamConnection implements Disposable {
  readonly #network: Network;
  #plain: { origin: string; connection: PlainConnection } | null = null;

  constructor(network: Network) {
    this.#network = network;
  }

  /**
   * Reads a range, or the whole file, into the writer in the plain way; false when that does not do, and `ask` must be
   * used. What breaks in the middle rejects; the writer knows how far it has come.
   */
  async readPlainly(
    remote: Remote,
    range: Stretch | null,
    writer: BodyWriter,
    signal: AbortSignal,
  ): Promise<boolean> {
    const { origin, pathname, search } = new URL(remote.url);
    const { sizeBytes, validator } = remote;
    if (sizeBytes === null || this.#network.speaksPlainly.get(origin) !== true) {
      return false;
    }
    const headers = remote.headersFor(range);
    const target = pathname + search;
    try {
      const plain = this.#plainTo(origin, remote.source.timeoutMs);
      await plain.get({ target, headers, range, sizeBytes, validator, writer, signal });
      return true;
    } catch (error) {
      if (!(error instanceof Unsuitable)) {
        throw error;
      }
      if (error.isLasting) {
        this.#network.speaksPlainly.set(origin, false);
      }
      return false;
    }
  }

  /** Asks with a full client, and learns from a good answer whether the plain way will do the next time. */
  async ask(remote: Remote, range: Stretch | null, signal: AbortSignal): Promise<Body> {
    const body = await remote.ask(range, this.#network.connections, signal);
    const { origin, protocol } = new URL(remote.url);
    if (!this.#network.speaksPlainly.has(origin)) {
      const isPrintable = Object.values(remote.headersFor(null)).every((value) =>
        /^[\x20-\x7e]*$/.test(value),
      );
      this.#network.speaksPlainly.set(origin, protocol === 'http:' && isPrintable);
    }
    return body;
  }

  [Symbol.dispose](): void {
    this.#plain?.connection[Symbol.dispose]();
  }

  #plainTo(origin: string, timeoutMs: number): PlainConnection {
    if (this.#plain?.origin !== origin || !this.#plain.connection.isUsable) {
      this.#plain?.connection[Symbol.dispose]();
      this.#plain = { origin, connection: new PlainConnection(origin, timeoutMs) };
    }
    return this.#plain.connection;
  }
}

/**
 * Reads a body into the writer until either has ended. True when the server had more to say than the writer wanted. Events
 * instead of iteration: a body of a gigabyte comes in many thousand chunks.
 */
export function receive(
  response: IncomingMessage,
  writer: BodyWriter,
  signal: AbortSignal,
): Promise<boolean> {
  return new Promise((resolve, reject) => {
    let hasMore = false;
    let writing: Promise<void> = Promise.resolve();
    const write = async (chunk: Uint8Array) => {
      let rest = chunk;
      while (rest.byteLength > 0 && !writer.isDone) {
        const room = writer.room();
        const piece = rest.subarray(0, room.byteLength);
        if (piece.byteLength === 0) {
          response.pause();
          await writer.whenRoom(signal);
          response.resume();
          continue;
        }
        room.set(piece);
        writer.took(piece.byteLength);
        rest = rest.subarray(piece.byteLength);
      }
      hasMore ||= rest.byteLength > 0;
      // An answer that ends here leaves its connection to the next one.
      if (writer.isDone && !response.complete) {
        response.destroy();
      }
    };
    const fail = (error: unknown) => {
      response.destroy();
      reject(error);
    };
    response.on('data', (chunk: Uint8Array) => {
      writing = writing.then(() => write(chunk)).catch(fail);
    });
    response.once('end', () => writing.then(() => resolve(hasMore)));
    const cut = (error: Error) => writing.then(() => (writer.isDone ? resolve(hasMore) : reject(error)));
    const closed = () => cut(new ConnectionError('The connection closed in the middle of the body.'));
    response.once('error', cut);
    response.once('close', closed);
    // Broken before it was read.
    if (response.closed) {
      closed();
    }
  });
}
