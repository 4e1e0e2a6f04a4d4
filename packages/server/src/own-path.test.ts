import { chmod, chown, mkdir, mkdtempDisposable, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { whoElseMayChange } from './own-path.ts';

const isRoot = process.geteuid?.() === 0;
const SOMEBODY = 1234;

async function folders() {
  const base = await mkdtempDisposable(join(tmpdir(), 'quarry-own-'));
  const above = join(base.path, 'above');
  const path = join(above, 'mine');
  await mkdir(path, { recursive: true, mode: 0o700 });
  return { ...base, above, path, [Symbol.asyncDispose]: () => base[Symbol.asyncDispose]() };
}

test('a directory of ours below a shared one is ours alone', async () => {
  await using made = await folders();
  expect(whoElseMayChange(made.path)).toBe(null);
  await chmod(made.path, 0o755);
  await chmod(made.above, 0o1777);
  expect(whoElseMayChange(made.path)).toBe(null);
});

test.each([0o770, 0o707, 0o1777])('one with the mode %o is not', async (mode) => {
  await using made = await folders();
  await chmod(made.path, mode);
  expect(whoElseMayChange(made.path)).toBe(
    `${made.path} can be written to by others (mode ${mode.toString(8)})`,
  );
});

test('nor one that others could rename, also where a link leads to it', async () => {
  await using made = await folders();
  await chmod(made.above, 0o777);
  await symlink(made.path, join(made.path, '..', '..', 'link'));
  const words = `${made.above} can be written to by others (mode 777)`;
  expect(whoElseMayChange(made.path)).toBe(words);
  expect(whoElseMayChange(join(made.above, '..', 'link'))).toBe(words);
});

test.skipIf(!isRoot)('nor one that belongs to somebody else, or lies in what does', async () => {
  await using made = await folders();
  await chown(made.above, SOMEBODY, SOMEBODY);
  expect(whoElseMayChange(made.path)).toBe(`${made.above} belongs to another user (1234)`);
  await chown(made.above, 0, 0);
  await chown(made.path, SOMEBODY, SOMEBODY);
  expect(whoElseMayChange(made.path)).toBe(`${made.path} belongs to another user (1234)`);
});
