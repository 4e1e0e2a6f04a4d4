import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { TreeCursor } from '../src/files/cursor.ts';
import { entryAt } from '../src/files/door.ts';
import { rawOf } from '../src/files/raw-name.ts';

/** Makes so many directories `d` in one another and a file `bottom` in the last; their path may be too long for a call. */
export function makeDeep(root: string, depth: number): void {
  using cursor = new TreeCursor(root, { access: 0o700 });
  for (let level = 0; level < depth; level += 1) {
    mkdirSync(entryAt(cursor.fd, rawOf('d')));
    cursor.enter(rawOf('d'));
  }
  writeFileSync(entryAt(cursor.fd, rawOf('bottom')), '');
}

/** Where thousands of directories are made and removed without a disk. */
export function inMemory(): string {
  return existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
}
