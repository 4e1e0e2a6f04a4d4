import { eventFrame } from '../http/event-stream.ts';
import { Problem } from '../problems.ts';
import type { Follow } from './follow.ts';
import { type Place, placeId, type Reason, whyNotContinued } from './pieces.ts';
import type { RunFile } from './run-files.ts';
import type { Text } from './text.ts';

const BEGINNING: Place = { offset: 0, mark: null };
const RESTARTED: Record<Reason, string> = {
  truncated: 'The file was truncated: what it holds now follows from its first byte.',
  replaced: 'Another file is there now: it follows from its first byte.',
};

/** What a follower is told next. */
export type Told = { frame: Buffer; isLast: boolean };

/** Somebody who follows a file, and how far he has got it. */
export class Follower implements Disposable {
  readonly #follow: Follow;
  readonly #begin: (file: RunFile, isLate: boolean) => Promise<Place>;
  #text: Text | null = null;
  /** Where he is; null before the first look at the file. */
  #place: Place | null = null;
  #isWaiting = false;
  #hasNews = false;
  #wake: (() => void) | null = null;
  readonly #hear = () => {
    this.#hasNews = true;
    this.#wake?.();
  };

  /** `begin` tells where to begin in the file; `isLate`: it has come since he was told that there is none. */
  constructor(follow: Follow, begin: (file: RunFile, isLate: boolean) => Promise<Place>) {
    this.#follow = follow;
    this.#begin = begin;
    follow.enter(this.#hear);
  }

  /** Another number whenever his rights may have changed. */
  get rights(): number {
    return this.#follow.rights;
  }

  /** Resolves when there may be more. */
  async news(signal: AbortSignal): Promise<void> {
    if (!this.#hasNews && !signal.aborted) {
      await new Promise<void>((resolve) => {
        const go = () => {
          signal.removeEventListener('abort', go);
          this.#wake = null;
          resolve();
        };
        this.#wake = go;
        signal.addEventListener('abort', go, { once: true });
      });
    }
    this.#hasNews = false;
  }

  /** What comes next; null when there is nothing now, `over` when nothing will come any more although the run goes on. */
  async next(): Promise<Told | null | 'over'> {
    for (;;) {
      try {
        return await this.#next();
      } catch (error) {
        if (!(error instanceof Problem)) {
          throw error;
        }
        if (error.kind !== 'not_found' || this.#text === null) {
          return 'over';
        }
        // The run has ended meanwhile, and what the file has become is another text: it goes on there.
        this.#lose(this.#text);
      }
    }
  }

  #lose(text: Text): void {
    text.isLost = true;
    if (this.#place === null) {
      text.letGo();
      this.#text = null;
    }
  }

  async #next(): Promise<Told | null | 'over'> {
    for (;;) {
      // Asked first: what is there when the run has ended is all.
      const { end, isOver, failure } = this.#follow;
      if (failure instanceof Problem) {
        // The run is gone, or cannot be looked at now: whoever comes again is told why.
        return 'over';
      }
      if (failure !== null) {
        throw failure;
      }
      if (this.#text !== null) {
        const piece = await this.#text.pieceAt(this.#place!.offset);
        if (piece !== null) {
          this.#place = piece.next;
          return { frame: piece.frame, isLast: false };
        }
      }
      const { text } = this.#follow;
      if (text !== null && text !== this.#text && !text.isLost) {
        const restart = await this.#enter(text);
        if (restart !== null) {
          return restart;
        }
        continue;
      }
      if (end !== null) {
        const { outcome, failure, exitCode } = end;
        const sizeBytes = text?.look.sizeBytes ?? null;
        const data = { outcome, failure, exitCode, sizeBytes };
        return { frame: eventFrame({ type: 'end', data }), isLast: true };
      }
      if (isOver) {
        return 'over';
      }
      const { missing } = this.#follow;
      if (text === null && missing !== null && !this.#isWaiting) {
        this.#isWaiting = true;
        const data = { code: missing.code, message: missing.detail };
        return { frame: eventFrame({ type: 'waiting', data }), isLast: false };
      }
      return null;
    }
  }

  [Symbol.dispose](): void {
    this.#text?.letGo();
    this.#text = null;
    this.#follow.leave(this.#hear);
  }

  /** Goes over to another text; answers what is to be told when it does not go on where the one before was left. */
  async #enter(text: Text): Promise<Told | null> {
    const isFirst = this.#text === null;
    text.hold();
    this.#text?.letGo();
    this.#text = text;
    this.#place ??= await this.#begin(text.file, this.#isWaiting);
    // Of a text that he has not read the end of, only the bytes can tell.
    const reason = (isFirst ? null : text.reason) ?? (await whyNotContinued(text.file, this.#place));
    const hasRead = this.#place.offset > 0;
    if (reason === null) {
      return null;
    }
    this.#place = BEGINNING;
    if (!hasRead) {
      return null;
    }
    const data = { reason, message: RESTARTED[reason] };
    return { frame: eventFrame({ type: 'restart', id: placeId(BEGINNING), data }), isLast: false };
  }
}
