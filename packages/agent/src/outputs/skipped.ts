import type { SkippedOutput } from '@quarry/contract';
import { SKIPPED_ENTRIES, SKIPPED_PATH_CHARACTERS } from '../limits.ts';

/** What lay in the work directory and could not be kept: how much, and the first of it by name. */
export class Skipped {
  readonly entries: SkippedOutput[] = [];
  count = 0;

  add(relativePath: string, reason: string): void {
    this.count += 1;
    if (this.entries.length < SKIPPED_ENTRIES) {
      const isLong = relativePath.length > SKIPPED_PATH_CHARACTERS;
      const shown = isLong ? `…${relativePath.slice(1 - SKIPPED_PATH_CHARACTERS)}` : relativePath;
      this.entries.push({ relativePath: shown, reason });
    }
  }
}
