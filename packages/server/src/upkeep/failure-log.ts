import type { Logger } from '../logger.ts';

/** The same failure is logged again only after so long. */
const REPEATED_FAILURE_MS = 3600_000;
/** Different failures of a task that are told apart. */
const KNOWN_CAUSES = 100;

/** Tells the log of the failures of a task that is tried again and again: each cause once in a while, since a disk stays full for days. */
export class FailureLog {
  readonly #task: string;
  readonly #logger: Logger;
  /** When each failure was told last, by `performance.now()`, and how often it came since. */
  readonly #told = new Map<string, { at: number; times: number }>();

  constructor(task: string, logger: Logger) {
    this.#task = task;
    this.#logger = logger;
  }

  /** `about` names the part of the task that failed. */
  tell(error: unknown, words: string, about: Readonly<Record<string, string>> = {}): void {
    const cause = `${causeOf(error)} ${JSON.stringify(about)}`;
    const now = performance.now();
    const told = this.#told.get(cause);
    if (told !== undefined && now - told.at < REPEATED_FAILURE_MS) {
      told.times += 1;
      return;
    }
    if (this.#told.size >= KNOWN_CAUSES) {
      this.#told.delete(this.#told.keys().next().value!);
    }
    this.#told.delete(cause);
    this.#told.set(cause, { at: now, times: 0 });
    this.#logger.warn(
      { err: error, task: this.#task, ...about, ...(told ? { timesSince: told.times } : {}) },
      words,
    );
  }
}

/** What makes two failures the same to whoever reads the log. */
function causeOf(error: unknown): string {
  const { code, errcode, cause } = (error ?? {}) as { code?: string; errcode?: number; cause?: unknown };
  const inner = (cause ?? {}) as { code?: string };
  const known = inner.code ?? (errcode === undefined ? code : `sqlite ${errcode}`);
  return known ?? messageOf(error);
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
