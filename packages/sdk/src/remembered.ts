import { REMEMBERED_ANSWERS, REMEMBERED_CHARACTERS } from './limits.ts';

interface Remembered {
  tag: string;
  text: string;
}

/** Answers that a platform may confirm instead of sending them again (RFC 9110, 13.1.2); the latest ones used. */
export class RememberedAnswers {
  readonly #byPath = new Map<string, Remembered>();

  /** The answer to ask about; undefined when there is none. */
  find(path: string): Remembered | undefined {
    return this.#byPath.get(path);
  }

  /** Keeps an answer that has an entity tag and is not long. */
  keep(path: string, tag: string | null, text: string): void {
    this.#byPath.delete(path);
    if (tag === null || text.length > REMEMBERED_CHARACTERS) {
      return;
    }
    this.#byPath.set(path, { tag, text });
    if (this.#byPath.size > REMEMBERED_ANSWERS) {
      this.#byPath.delete(this.#byPath.keys().next().value!);
    }
  }
}
