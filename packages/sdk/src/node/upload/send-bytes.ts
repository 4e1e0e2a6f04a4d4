/** The bytes of a file on their way into a request: each piece is read once, for the socket and for the hash. */
import type { ClientRequest, IncomingMessage } from 'node:http';
import { ConnectionError, QuarryError } from '../../errors.ts';
import type { FileHash } from './file-hash.ts';
import { PIECE_BYTES, type PiecePool } from './piece-pool.ts';
import type { Source } from './source.ts';

/** Pieces of one request that are being read or wait for the socket. */
export const PIECES_PER_STREAM = 4;

export interface Stretch {
  source: Source;
  start: number;
  end: number;
  pool: PiecePool;
  /** Null when the digest is known. */
  hash: FileHash | null;
  /** The hash has been offered everything of the stretch that lies before, by an earlier attempt. */
  hashedTo: number;
  /** Told when the hash has been offered everything before. */
  onHashed: (position: number) => void;
  /** Told when the socket has taken bytes. */
  onSent: (count: number) => void;
}

/** Writes a stretch of the file into a request. Resolves when the socket has taken all of it. */
export async function sendStretch(body: RequestBody, stretch: Stretch): Promise<void> {
  const { source, start, end, pool, hash, onHashed, onSent } = stretch;
  let { hashedTo } = stretch;
  const flushes: Promise<void>[] = [];
  for (let position = start; position < end; ) {
    if (flushes.length >= PIECES_PER_STREAM) {
      await flushes.shift();
    }
    const length = Math.min(PIECE_BYTES, end - position);
    const memory = await pool.take();
    const bytes = new Uint8Array(memory, 0, length);
    try {
      await source.read(bytes, position);
    } catch (error) {
      pool.give(memory);
      throw error;
    }
    const after = position + length;
    const skip = Math.min(length, Math.max(0, hashedTo - position));
    const hashed = hash?.offer(memory, skip, length - skip, position + skip);
    if (after > hashedTo) {
      hashedTo = after;
      onHashed(after);
    }
    const flushed = body.write(bytes).then(() => onSent(length));
    flushed.catch(() => {});
    flushes.push(flushed);
    // Memory goes back however the request ends.
    void Promise.allSettled([hashed, flushed]).then(() => pool.give(memory));
    position = after;
  }
  await Promise.all(flushes);
}

/** What is written into a request, with writes that end when the connection does. */
export class RequestBody {
  readonly #request: ClientRequest;
  readonly #waiting = new Set<(error: Error) => void>();
  #closed = false;

  constructor(request: ClientRequest) {
    this.#request = request;
    // A request that never got its connection forgets the callbacks of what was written into it.
    request.once('close', () => {
      this.#closed = true;
      for (const reject of this.#waiting) {
        reject(closedEarly());
      }
      this.#waiting.clear();
    });
  }

  /** Resolves when the socket has taken the bytes; their memory may be used again then. */
  write(bytes: Uint8Array): Promise<void> {
    if (this.#closed) {
      return Promise.reject(closedEarly());
    }
    return new Promise((resolve, reject) => {
      this.#waiting.add(reject);
      this.#request.write(bytes, (error) => {
        this.#waiting.delete(reject);
        if (error) {
          reject(error);
        } else {
          resolve();
        }
      });
    });
  }

  end(): void {
    this.#request.end();
  }
}

/**
 * Waits for the body to be sent and for the answer. A refusal may come before the last byte is sent, and the socket
 * may then break under the rest: the refusal is what counts.
 */
export async function answerTo(
  sent: Promise<void>,
  answered: Promise<IncomingMessage>,
): Promise<IncomingMessage> {
  answered.catch(() => {});
  await Promise.race([sent, answered]).catch((error: unknown) => {
    // Of our own making, such as a file that became shorter: the platform waits for bytes that will not come.
    if (error instanceof QuarryError && !(error instanceof ConnectionError)) {
      throw error;
    }
    return answered;
  });
  return await answered;
}

function closedEarly(): ConnectionError {
  return new ConnectionError('The connection closed before everything was sent.');
}
