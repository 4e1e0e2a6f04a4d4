/**
 * Sends a body that is read into memory which is used again. A stream makes a new buffer for every piece, and
 * collecting those cost the server a second of processor time per gigabyte, more than reading and sending them.
 *
 * How much memory an answer holds follows from what its reader has shown. A connection begins with small pieces, one
 * at a time, and gets large ones, of which one is read while the one before it is sent, once more has gone than the
 * kernels of both sides take for a reader who reads nothing. A reader who lets a large piece wait begins anew.
 */
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { LIMITS } from '../limits.ts';
import { type Piece, PieceMemory } from './piece-memory.ts';
import type { Pieces } from './route.ts';

/** More than Linux buffers of a connection by itself (`tcp_wmem`: 4 MiB), and the reader's system at the beginning. */
const PROOF_BYTES = 5 * 1024 * 1024;
/** A large piece that takes longer is held by a reader to whom small ones come as fast. */
const SLOW_MILLISECONDS = 1000;

const memory = new PieceMemory(LIMITS.sendingBytes);
/** Bytes that the reader at the other end has taken at its speed, so far. */
const proven = new WeakMap<Socket, number>();

export interface SendOptions {
  /** A reader that takes nothing for so long loses the connection. */
  stalledSeconds: number;
}

/** Sends the pieces after the head was written, and ends the answer. */
export async function sendPieces(
  response: ServerResponse,
  body: Pieces,
  { stalledSeconds }: SendOptions,
): Promise<void> {
  let sent: Promise<void> = Promise.resolve();
  let piece: Piece | undefined;
  try {
    const { socket } = response;
    if (socket === null) {
      throw new ClientGoneError();
    }
    socket.setTimeout(stalledSeconds * 1000);
    for (let position = 0; position < body.length; ) {
      const isFast = (proven.get(socket) ?? 0) >= PROOF_BYTES;
      // One at a time for whoever may be slow.
      if (!isFast) {
        await sent;
      }
      const left = body.length - position;
      piece = memory.take(isFast ? 'large' : 'small', left);
      const into = piece.memory.subarray(0, Math.min(piece.memory.byteLength, left));
      const count = await body.read(into, position);
      if (count === 0) {
        throw new Error('The bytes of a file ended before its length.');
      }
      await sent;
      sent = sendPiece(response, socket, piece, count);
      piece = undefined;
      // Looked at in the next turn: a failure before that is not an unhandled one.
      sent.catch(() => undefined);
      position += count;
    }
    await sent;
    response.end();
  } catch (error) {
    // The head has promised a length: only a broken connection can still say that it is not kept.
    response.destroy(error as Error);
    throw error;
  } finally {
    await Promise.allSettled([sent]);
    piece?.giveBack();
    await body.close();
  }
}

/** Resolves when the kernel has taken the bytes; the memory is used again only when nothing reads from it any more. */
async function sendPiece(
  response: ServerResponse,
  socket: Socket,
  piece: Piece,
  count: number,
): Promise<void> {
  const began = performance.now();
  try {
    await write(response, piece.memory.subarray(0, count));
  } finally {
    piece.giveBack();
  }
  const isSlow = performance.now() - began > SLOW_MILLISECONDS;
  proven.set(socket, isSlow ? 0 : Math.min(PROOF_BYTES, (proven.get(socket) ?? 0) + count));
}

/** Rejects when the client has gone. */
function write(response: ServerResponse, bytes: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    const onClose = () => reject(new ClientGoneError());
    response.once('close', onClose);
    response.write(bytes, (error) => {
      response.off('close', onClose);
      if (error) {
        reject(new ClientGoneError());
      } else {
        resolve();
      }
    });
  });
}

/** The reader of an answer left before its end; nobody's fault, and nothing to log. */
export class ClientGoneError extends Error {
  override readonly name = 'ClientGoneError';
}
