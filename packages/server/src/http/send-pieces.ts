/**
 * Sends a body that is read into memory which is used again. A stream makes a new buffer for every piece, and
 * collecting those cost the server a second of processor time per gigabyte, more than reading and sending them.
 */
import type { ServerResponse } from 'node:http';
import type { Pieces } from './route.ts';

const PIECE_BYTES = 512 * 1024;
/** Pieces kept for the next answers; beyond these they are left to the collector. */
const KEPT_PIECES = 16;
const kept: Buffer[] = [];

/** Sends the pieces after the head was written, and ends the answer. One is read while the one before it is sent. */
export async function sendPieces(response: ServerResponse, body: Pieces): Promise<void> {
  const pieces = [takePiece(), takePiece()];
  let sent: Promise<void> = Promise.resolve();
  try {
    let turn = 0;
    for (let position = 0; position < body.length; turn = 1 - turn) {
      const piece = pieces[turn]!.subarray(0, Math.min(PIECE_BYTES, body.length - position));
      const count = await body.read(piece, position);
      if (count === 0) throw new Error('The bytes of a file ended before its length.');
      await sent;
      sent = write(response, piece.subarray(0, count));
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
    // The memory may be used again only when nothing reads from it any more.
    await Promise.allSettled([sent]);
    for (const piece of pieces) if (kept.length < KEPT_PIECES) kept.push(piece);
    await body.close();
  }
}

function takePiece(): Buffer {
  return kept.pop() ?? Buffer.allocUnsafeSlow(PIECE_BYTES);
}

/** Resolves when the kernel has taken the bytes; rejects when the client has gone. */
function write(response: ServerResponse, bytes: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    const onClose = () => reject(new ClientGoneError());
    response.once('close', onClose);
    response.write(bytes, (error) => {
      response.off('close', onClose);
      if (error) reject(new ClientGoneError());
      else resolve();
    });
  });
}

/** The reader of an answer left before its end; nobody's fault, and nothing to log. */
export class ClientGoneError extends Error {
  override readonly name = 'ClientGoneError';
}
