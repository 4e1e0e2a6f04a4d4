/**
 * `node scripts/keep-version.ts` keeps this version of Quarry for the tests of later ones: a data directory that its
 * server has written, and its agent, as `packages/server/test/fixtures/versions/<newest migration>/`. To be run before
 * a migration is added or what agents say is changed; the README there tells what is kept.
 */
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startPlatform } from '../packages/server/testing/start-platform.ts';
import { fillPlatform } from './keep-version/fill-platform.ts';
import { packDirectory } from './keep-version/pack-directory.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const server = join(root, 'packages/server');

const migrations = (await readdir(join(server, 'src/db/migrations'))).sort();
const name = basename(migrations.at(-1)!, '.ts');
const target = join(server, 'test/fixtures/versions', name);
const base = await mkdtemp(join(tmpdir(), 'quarry-keep-'));
try {
  const data = join(base, 'data');
  await using platform = await startPlatform({ data, cores: 8 });
  const kept = await fillPlatform(platform);
  const packed = join(base, 'packed');
  await packDirectory({ base, data, url: platform.url, kept, into: packed });
  await mkdir(target, { recursive: true });
  pack(packed, ['.'], join(target, 'data.tar.gz'));
  pack(
    join(root, 'packages'),
    ['--exclude=*.test.ts', 'agent/package.json', 'agent/src'],
    join(target, 'agent.tar.gz'),
  );
} finally {
  await rm(base, { recursive: true, force: true });
}
for (const file of await readdir(target)) {
  process.stdout.write(`wrote ${join(target, file)}\n`);
}

/** The same bytes of the same files: neither their times nor their owners are kept. */
function pack(directory: string, what: string[], archive: string): void {
  const same = ['--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--numeric-owner'];
  execFileSync('tar', [...same, '--use-compress-program=gzip -9n', '-C', directory, '-cf', archive, ...what]);
}
