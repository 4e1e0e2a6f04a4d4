import { type Piece, type Reason, readPiece } from './pieces.ts';
import type { FileLook, RunFile } from './run-files.ts';

/** Pieces that are kept for those who come a little later. */
const PIECES_KEPT = 4;

/** The bytes of a file, from its first one on, for everybody who reads them. The file is closed with the last of these. */
export class Text {
  readonly file: RunFile;
  /** Null where it is the first one, and for the output that a file has become: whether that goes on is to be seen. */
  readonly reason: Reason | null;
  look: FileLook;
  /** What was not read of it is gone: the file has another content. */
  isLost = false;
  #readers = 1;
  readonly #pieces = new Map<number, Promise<Piece | null>>();

  constructor(file: RunFile, look: FileLook, reason: Reason | null) {
    this.file = file;
    this.look = look;
    this.reason = reason;
  }

  hold(): void {
    this.#readers += 1;
  }

  letGo(): void {
    this.#readers -= 1;
    if (this.#readers === 0) {
      void this.file.close().catch(() => undefined);
    }
  }

  /** The piece from an offset on; null when there is nothing (yet). */
  async pieceAt(offset: number): Promise<Piece | null> {
    if (this.isLost || offset >= this.look.sizeBytes) {
      return null;
    }
    const kept = this.#pieces.get(offset);
    if (kept !== undefined) {
      return kept;
    }
    const piece = readPiece(this.file, offset);
    this.#pieces.set(offset, piece);
    if (this.#pieces.size > PIECES_KEPT) {
      this.#pieces.delete(this.#pieces.keys().next().value!);
    }
    const forget = () => {
      if (this.#pieces.get(offset) === piece) {
        this.#pieces.delete(offset);
      }
    };
    try {
      const found = await piece;
      if (found === null) {
        forget();
      }
      return found;
    } catch (error) {
      forget();
      throw error;
    }
  }
}
