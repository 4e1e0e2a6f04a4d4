import { ENDED_RUNS_REMEMBERED } from '../limits.ts';

/** Where runs of this agent are, those that have ended lately included: their files may still be asked for. */
export class RunDirectories {
  readonly #directories = new Map<string, string>();
  readonly #ended: string[] = [];

  add(runId: string, directory: string): void {
    this.#directories.set(runId, directory);
  }

  ended(runId: string): void {
    this.#ended.push(runId);
    if (this.#ended.length > ENDED_RUNS_REMEMBERED) {
      this.#directories.delete(this.#ended.shift()!);
    }
  }

  /** Null for a run that this agent does not know. */
  of(runId: string): string | null {
    return this.#directories.get(runId) ?? null;
  }
}
