/** The archive with its own Node, as somebody unpacks it, installs it, and removes it again. */
import { access, mkdir, readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { built, type EmptyFolder, emptyFolder } from './built.ts';

let folder: EmptyFolder;
let unpacked: string;
beforeAll(async () => {
  folder = await emptyFolder();
  await folder.run('tar', '-xzf', built('archive'));
  const [name] = await readdir(folder.path);
  unpacked = join(folder.path, name!);
}, 60_000);
afterAll(() => folder[Symbol.asyncDispose]());

test('unpacked, one command runs the demo without any Node of the machine', async () => {
  const line = ['-i', `HOME=${folder.path}`, 'PATH=/usr/bin:/bin', join(unpacked, 'bin/quarry')];
  const demo = JSON.parse(await folder.run('env', ...line, 'demo', '--json', '--quiet')) as { pi: number };
  expect(demo.pi).toBeCloseTo(Math.PI, 6);
});

test('it is installed beside an older version, called by a link, and removed as a whole', async () => {
  const root = join(folder.path, 'root');
  const install = (...args: string[]) =>
    folder.run('env', `PREFIX=${root}`, join(unpacked, 'install.sh'), ...args);
  const version = (await readFile(join(unpacked, 'version'), 'utf8')).trim();
  await mkdir(join(root, 'opt/quarry/0.0.9'), { recursive: true });
  await install();
  expect(await install()).toContain(`Quarry ${version} is installed`);
  expect((await readdir(join(root, 'opt/quarry'))).toSorted()).toEqual(['0.0.9', version]);
  const target = await readlink(join(root, 'usr/local/bin/quarry'));
  expect(await folder.run(join(root, target), '--version')).toBe(`${version}\n`);
  await expect(install('--remove')).rejects.toThrow('knows --uninstall');
  expect(await install('--uninstall')).toContain('Data directories');
  await expect(access(join(root, 'opt/quarry'))).rejects.toThrow('ENOENT');
});

test('the steps of the container file lead to the program that the unit of systemd starts', async () => {
  const root = join(folder.path, 'container');
  const text = await readFile(join(unpacked, 'Containerfile'), 'utf8');
  const script = /^RUN sh \/tmp\/(\S+) \/tmp\/\$\{ARCHIVE\}/m.exec(text)![1]!;
  await folder.run('env', `PREFIX=${root}`, 'sh', join(unpacked, script), built('archive'));
  const [, started] = /^ExecStart=(\S+) serve/m.exec(
    await readFile(join(unpacked, 'quarry.service'), 'utf8'),
  )!;
  expect(text).toContain(`ENTRYPOINT ["${started}"]`);
  expect(await readlink(join(root, started!))).toMatch(/^\/opt\/quarry\/[\d.]+\/bin\/quarry$/);
});
