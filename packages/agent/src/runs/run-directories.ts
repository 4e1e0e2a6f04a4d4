import { ENDED_RUNS_REMEMBERED } from '../limits.ts';

/** Where runs of this agent are, those that have ended lately included: their files may still be asked for. */
export class RunDirectories {
  readonly #directories = new Map<string, string>();
  readonly #ended = new Set<string>();

  add(runId: string, directory: string): void {
    this.#directories.set(runId, directory);
  }

  ended(runId: string): void {
    this.#ended.add(runId);
    if (this.#ended.size > ENDED_RUNS_REMEMBERED) {
      const oldest = this.#ended.values().next().value!;
      this.#ended.delete(oldest);
      this.#directories.delete(oldest);
    }
  }

  /** Whether a run has ended here, wherever its directory and its record are by now. */
  hasEnded(runId: string): boolean {
    return this.#ended.has(runId);
  }

  /** Null for a run that this agent does not know. */
  of(runId: string): string | null {
    return this.#directories.get(runId) ?? null;
  }
}
