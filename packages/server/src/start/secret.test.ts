import { mkdtempDisposable, readFile, stat, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readSecret } from './data-directory.ts';
import { pathsOf } from './paths.ts';

test('the secret is made once, for its owner only, and is the same ever after', async () => {
  await using base = await mkdtempDisposable(join(tmpdir(), 'quarry-data-'));
  const paths = pathsOf(base.path);
  const secret = await readSecret(paths);
  expect(secret).toHaveLength(32);
  expect((await readSecret(paths)).equals(secret)).toBe(true);
  expect((await stat(paths.secret)).mode & 0o777).toBe(0o600);
});

test('a damaged secret is told, not replaced by another one that no agent at work would know', async () => {
  await using base = await mkdtempDisposable(join(tmpdir(), 'quarry-data-'));
  const paths = pathsOf(base.path);
  await readSecret(paths);
  await truncate(paths.secret, 5);
  await expect(readSecret(paths)).rejects.toThrow(/secret of this platform is damaged.*Put it back/);
  expect(await readFile(paths.secret)).toHaveLength(5);
});
