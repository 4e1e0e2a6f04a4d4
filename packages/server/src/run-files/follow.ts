/**
 * Following a file of a run while it is written, until the run has ended. Everybody who follows the same file shares one
 * open file, one look at it at a time, and the pieces that are read from it.
 *
 * What is followed is a *text*: the bytes of one file from its first one on. A text is over when the file was truncated or
 * replaced, and another one begins; whoever follows reads what was left of the one before, and is told. When the run has
 * ended, its stored output takes the place of the file: the same bytes in another place, which is proven by those before
 * the offset where a follower is, as it is for one who comes again after the server was away. So a follower gets each byte
 * once, wherever the file is when he gets it.
 */
import type { JobChanges, Watch } from '../jobs/life/job-changes.ts';
import { Problem } from '../problems.ts';
import { markAt } from './pieces.ts';
import type { RunFile } from './run-files.ts';
import { Text } from './text.ts';

/** Between two looks at a file that is followed. */
const LOOK_MS = 100;
/** Every so many looks it is seen whether the name stands for another file. */
const LOOKS_AT_NAME = 5;

/** How a run has ended, as its followers are told. */
export interface RunEnd {
  outcome: string;
  failure: unknown;
  exitCode: number | null;
}

/** What is asked of one file of one run. */
export interface FollowedFile {
  /** The file as it is now in the work directory, or why there is none. */
  open(): Promise<RunFile | Problem>;
  /** How the run has ended; null until then. Rejects when there is no such run any more. */
  end(): Promise<RunEnd | null>;
  /** The output that the file has become; null when there is none. */
  openStored(): Promise<RunFile | null>;
}

/** All files that are followed, by what names them. */
export class Follows {
  readonly #follows = new Map<string, Follow>();

  /** The one look at a file that all share who follow it; `key` names the file, in its run and job. */
  of(key: string, begin: (onOver: () => void) => Follow): Follow {
    const known = this.#follows.get(key);
    if (known !== undefined) {
      return known;
    }
    const begun = begin(() => {
      if (this.#follows.get(key) === begun) {
        this.#follows.delete(key);
      }
    });
    this.#follows.set(key, begun);
    return begun;
  }
}

/** One file that is followed by somebody. */
export class Follow {
  readonly #file: FollowedFile;
  readonly #changes: JobChanges;
  readonly #watch: Watch;
  readonly #onOver: () => void;
  readonly #wakes = new Set<() => void>();
  readonly #stop = new AbortController();
  #members = 0;
  #looks = 0;
  /** The last bytes that were there at the last look. */
  #mark: string | null = null;
  #text: Text | null = null;
  #end: RunEnd | null = null;
  #isOver = false;
  /** A file was not where it had been found. */
  #mayHaveEnded = false;
  #failure: unknown = null;
  #missing: Problem | null = null;
  #rights = 0;

  /** `onOver` is called when nobody is to join any more. */
  constructor(file: FollowedFile, jobId: string, changes: JobChanges, onOver: () => void) {
    this.#file = file;
    this.#changes = changes;
    this.#watch = changes.watch(jobId);
    this.#onOver = onOver;
  }

  /** The newest text; null while there is no file. */
  get text(): Text | null {
    return this.#text;
  }

  /** Set when the run has ended, and `text` is all that there is of the file. */
  get end(): RunEnd | null {
    return this.#end;
  }

  /** Why there is no file, as long as there was none. */
  get missing(): Problem | null {
    return this.#missing;
  }

  /** Nobody looks any more: the run has ended, the server is about to stop, or something went wrong. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Why, where something went wrong. */
  get failure(): unknown {
    return this.#failure;
  }

  /** Another number whenever the rights of those who follow may have changed. */
  get rights(): number {
    return this.#rights;
  }

  enter(wake: () => void): void {
    this.#members += 1;
    this.#wakes.add(wake);
    if (this.#members === 1) {
      void this.#lookOn();
    }
  }

  leave(wake: () => void): void {
    this.#wakes.delete(wake);
    this.#members -= 1;
    if (this.#members === 0) {
      this.#stop.abort();
      this.#onOver();
    }
  }

  async #lookOn(): Promise<void> {
    const { signal } = this.#stop;
    try {
      let isNews = true;
      while (!signal.aborted && this.#end === null) {
        await this.#look(isNews);
        if (this.#end === null) {
          const deadline = performance.now() + LOOK_MS;
          const first = await this.#watch.next({ deadline, least: 'status', signal });
          if (first === 'status') {
            this.#rights += 1;
            this.#wakeAll();
          }
          // What else there was is heard without waiting.
          const second = await this.#watch.next({ deadline: 0 });
          isNews = first !== null || second !== null || this.#mayHaveEnded;
          if (this.#changes.isClosed) {
            break;
          }
        }
      }
    } catch (error) {
      this.#failure = error;
    } finally {
      this.#isOver = true;
      this.#watch[Symbol.dispose]();
      this.#wakeAll();
      this.#onOver();
      if (signal.aborted) {
        this.#text?.letGo();
      } else {
        // The text stays until everybody has read it.
        signal.addEventListener('abort', () => this.#text?.letGo(), { once: true });
      }
    }
  }

  /** `isNews`: the run may have ended since the last look. */
  async #look(isNews: boolean): Promise<void> {
    const end = isNews ? await this.#file.end() : null;
    if (end !== null) {
      const stored = await this.#file.openStored();
      if (stored !== null) {
        this.#begin(new Text(stored, await stored.look(), null));
      } else {
        await unlessGone(() => this.#lookForTheLastTime());
      }
      this.#end = end;
      this.#wakeAll();
      return;
    }
    const text = this.#text;
    const isThere = text === null || (await unlessGone(() => this.#lookAtFile(text)));
    const isNamed =
      (isThere && text !== null && this.#looks % LOOKS_AT_NAME !== 0) ||
      (await unlessGone(() => this.#lookAtName()));
    this.#mayHaveEnded = !isThere || !isNamed;
    this.#looks += 1;
  }

  async #lookForTheLastTime(): Promise<void> {
    if (this.#text === null) {
      await this.#lookAtName();
    } else {
      this.#text.look = await this.#text.file.look();
    }
  }

  async #lookAtFile(text: Text): Promise<void> {
    const { sizeBytes, stamp } = text.look;
    const look = await text.file.look(text.look);
    if (look.stamp === stamp && look.sizeBytes === sizeBytes) {
      return;
    }
    if (look.sizeBytes < sizeBytes || (await markAt(text.file, sizeBytes)) !== this.#mark) {
      const again = await this.#file.open();
      // One that was removed meanwhile is looked at again: what it holds is the end of it.
      if (!(again instanceof Problem)) {
        text.isLost = true;
        await this.#becomes(new Text(again, await again.look(), 'truncated'));
      }
      return;
    }
    text.look = look;
    this.#mark = await markAt(text.file, look.sizeBytes);
    this.#wakeAll();
  }

  async #lookAtName(): Promise<void> {
    const file = await this.#file.open();
    if (file instanceof Problem) {
      if (this.#text === null) {
        this.#missing = file;
        this.#wakeAll();
      }
      return;
    }
    const look = await file.look();
    if (look.identity === this.#text?.look.identity) {
      await file.close();
      return;
    }
    if (this.#text !== null) {
      // Written to it in the moment before it was replaced.
      this.#text.look = await this.#text.file.look();
    }
    await this.#becomes(new Text(file, look, this.#text === null ? null : 'replaced'));
  }

  async #becomes(text: Text): Promise<void> {
    this.#mark = await markAt(text.file, text.look.sizeBytes);
    this.#begin(text);
    this.#wakeAll();
  }

  #begin(text: Text): void {
    this.#text?.letGo();
    this.#text = text;
  }

  #wakeAll(): void {
    for (const wake of [...this.#wakes]) {
      wake();
    }
  }
}

/** Looks at something; false when it is there no more, as when whoever could be asked has gone with the end of the run. */
async function unlessGone(look: () => Promise<void>): Promise<boolean> {
  try {
    await look();
    return true;
  } catch (error) {
    if (error instanceof Problem && error.kind === 'not_found') {
      return false;
    }
    throw error;
  }
}
