import { mkdirSync, realpathSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { mkdtempDisposable } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { often } from '../../../contract/testing/often.ts';
import { inMemory } from '../../testing/make-deep.ts';
import { TreeCursor } from './cursor.ts';
import { type Followed, followPath } from './follow-link.ts';
import { rawOf } from './raw-name.ts';

const NAMES = ['a', 'b', 'c', 'l'];
const part = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...NAMES) },
  fc.constantFrom('..', '.', '', 'work', 'home'),
);
/** Not with a slash at the end, which means a directory to the system. */
const path = fc
  .array(part, { minLength: 1, maxLength: 6 })
  .map((parts) => parts.join('/'))
  .filter((text) => !/(^|\/)\.?$/.test(text));
const entry = fc.record({
  at: fc.array(fc.constantFrom(...NAMES), { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/')),
  kind: fc.constantFrom('directory', 'file', 'link', 'absolute', 'outside'),
  target: path,
});

test('followPath() leads where the system does while that is inside, and never out', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(entry, { maxLength: 25 }), path, async (entries, asked) => {
      await using base = await mkdtempDisposable(join(realpathSync(inMemory()), 'quarry-links-'));
      const root = join(base.path, 'home/work');
      mkdirSync(root, { recursive: true });
      for (const { at, kind, target } of entries) {
        make(join(root, at), kind, target, root);
      }
      using cursor = new TreeCursor(base.path, { access: 0o500 });
      const tree = { cursor, root: ['home', 'work'].map(rawOf), paths: [rawOf(root)] as const };
      const found = followPath(tree, [], rawOf(asked.replace(/^\/+/, '')));
      expect(inWords(found)).toBe(expected(root, asked.replace(/^\/+/, '')));
    }),
    { numRuns: often(100) },
  );
});

function make(path: string, kind: string, target: string, root: string): void {
  try {
    if (kind === 'directory') {
      mkdirSync(path, { recursive: true });
    } else if (kind === 'file') {
      writeFileSync(path, '');
    } else {
      symlinkSync(
        kind === 'absolute' ? join(root, target) : kind === 'outside' ? '/usr/..' : target || '.',
        path,
      );
    }
  } catch {
    // The place is taken, or there is no directory for it.
  }
}

function inWords(found: Followed): string {
  switch (found.kind) {
    case 'directory':
      return `directory ${found.names.join('/')}`;
    case 'other':
      return `file ${[...found.directory, found.name].join('/')}`;
    default:
      return 'no';
  }
}

/** Links that leave the directory and come back by other names than its own are not followed. */
function expected(root: string, asked: string): string {
  let real: string;
  try {
    real = realpathSync.native(`${root}/${asked}`);
  } catch {
    return 'no';
  }
  if (real !== root && !real.startsWith(`${root}/`)) {
    return 'no';
  }
  const below = real.slice(root.length + 1);
  return statSync(real).isDirectory() ? `directory ${below}` : `file ${below}`;
}
