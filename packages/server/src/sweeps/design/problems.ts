import { type IssueLike, toFieldErrors } from '@quarry/contract';
import { invalidFields } from '../../problems.ts';

/** Collects what is wrong with a definition, so that one answer names everything. */
export class Problems {
  readonly #issues: IssueLike[] = [];

  add(path: readonly (string | number)[], message: string): void {
    this.#issues.push({ path, message });
  }

  get found(): boolean {
    return this.#issues.length > 0;
  }

  /** Throws a Problem, field by field, when anything was added. */
  refuse(): void {
    if (this.found) {
      throw invalidFields(toFieldErrors(this.#issues));
    }
  }
}
