import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { TestPlatform } from './platform.ts';

function namesOf(run: { outputs: { relativePath: string }[] }): string[] {
  return run.outputs.map(({ relativePath }) => relativePath).filter((name) => name !== 'process_output.log');
}

test('links to files inside become files, what is no file is skipped with its reason', async () => {
  await using platform = await new TestPlatform().start();
  const run = await platform.run([
    `mkdir -p d/e; echo real > d/e/real; ln -s d/e/real inside; ln -s /etc/hostname outside; ln -s d dirlink
     ln -s nowhere dangling; ln -s loop loop; mkfifo pipe; ln d/e/real twin
     python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("sock")' || true`,
  ]);
  expect(namesOf(run)).toEqual(['d/e/real', 'inside', 'twin']);
  const reasons = Object.fromEntries(run.skipped.map(({ relativePath, reason }) => [relativePath, reason]));
  expect(reasons).toMatchObject({
    outside: 'it is a link that leaves the work directory',
    dirlink: 'it is a link to a directory',
    dangling: 'it is a link to nothing',
    loop: 'it is a link to nothing',
    pipe: 'it is a named pipe',
  });
  for (const { path, sha512 } of run.outputs.slice(0, 3)) {
    expect(statSync(path).nlink).toBe(1);
    expect(createHash('sha512').update(readFileSync(path)).digest('hex')).toBe(sha512);
  }
  // One file under three names is hashed and handed over once.
  expect(new Set(run.outputs.map(({ path }) => path)).size).toBe(2);
});

test('odd names are kept, those that are no text under one that leads back', async () => {
  await using platform = await new TestPlatform().start();
  const run = await platform.run([
    `touch $'new\\nline' 'back\\slash' 'größe' -- '-x' ' ' '%bytes=x' 'a%20b'
     printf bytes > $'bad\\xff.txt'; mkdir $'d\\xfe'; printf inside > $'d\\xfe/f'; printf x > $'d\\xfe/\\xfd'`,
  ]);
  expect(namesOf(run).sort()).toEqual(
    [
      ...[' ', '-x', 'back\\slash', 'größe', 'new\nline', 'a%20b', '%bytes=%25bytes=x'],
      ...['%bytes=bad%FF.txt', '%bytes=d%FE/f', '%bytes=d%FE/%bytes=%FD'],
    ].sort(),
  );
  expect(run).toMatchObject({ skipped: [], skippedCount: 0 });
  const bytesOf = (name: string) =>
    readFileSync(run.outputs.find(({ relativePath }) => relativePath === name)!.path, 'utf8');
  expect(['%bytes=bad%FF.txt', '%bytes=d%FE/f'].map(bytesOf)).toEqual(['bytes', 'inside']);
});

test('files and directories without permissions are read, deep ones are found', async () => {
  await using platform = await new TestPlatform().start();
  const run = await platform.run([
    'echo a > locked; chmod 000 locked; mkdir box; echo b > box/b; chmod 000 box; for i in $(seq 150); do mkdir d; cd d; done; echo deep > x',
  ]);
  expect(namesOf(run)).toEqual(['box/b', `${'d/'.repeat(150)}x`, 'locked']);
});

test('more outputs than the limit are skipped with a reason, the log never', async () => {
  await using platform = await new TestPlatform({ limits: { outputFiles: 5 } }).start();
  const run = await platform.run(['touch f1 f2 f3 f4 f5 f6']);
  expect(run.outputs.map(({ relativePath }) => relativePath)).toEqual([
    'f1',
    'f2',
    'f3',
    'f4',
    'process_output.log',
  ]);
  const reason = 'the run has more outputs than outputFilesPerRun (5); the first by name are kept';
  expect(run.skipped).toEqual(['f5', 'f6'].map((relativePath) => ({ relativePath, reason })));
  expect(run.skippedCount).toBe(2);
});

test('outputs that together are larger than allowed are left out with a reason, in the order of their names', async () => {
  await using platform = await new TestPlatform({ limits: { outputBytes: 1000 } }).start();
  const run = await platform.run([
    'head -c 600 /dev/zero >a; head -c 600 /dev/zero >b; head -c 300 /dev/zero >c; head -c 101 /dev/zero >d; head -c 100 /dev/zero >e',
  ]);
  expect(run.outcome).toBe('success');
  expect(run.outputs.map(({ relativePath }) => relativePath)).toEqual(['a', 'c', 'e', 'process_output.log']);
  const reason =
    'the outputs have more bytes together than outputBytesPerRun (1,000 bytes); those that fit, by name, are kept';
  expect(run.skipped).toEqual([
    { relativePath: 'b', reason },
    { relativePath: 'd', reason },
  ]);
});

test('large outputs are hashed beside other work, and executables are marked', async () => {
  await using platform = await new TestPlatform().start();
  const run = await platform.run(['head -c 9000000 /dev/zero > big; chmod 755 big; echo s > small']);
  expect(run.outputs).toMatchObject([
    {
      relativePath: 'big',
      sizeBytes: 9_000_000,
      executable: true,
      sha512: createHash('sha512').update(Buffer.alloc(9_000_000)).digest('hex'),
    },
    { relativePath: 'small', executable: false },
    { relativePath: 'process_output.log' },
  ]);
});

test('a command that puts a link in the place of its directory takes nothing from where it leads', async () => {
  await using platform = await new TestPlatform().start();
  const foreign = join(platform.directory, 'foreign');
  const command = `mkdir ${foreign}; echo x > ${foreign}/x; ln ${foreign}/x ${foreign}/twin; chmod 000 ${foreign}/x
    cd ..; mv work away; ln -s ${foreign} work`;
  const run = await platform.run([command]);
  expect(run.outputs.map(({ relativePath }) => relativePath)).toEqual(['process_output.log']);
  expect(run.skipped).toEqual([
    { relativePath: '', reason: 'it is a link, put where the work directory was' },
  ]);
  expect(statSync(join(foreign, 'x')).mode & 0o777).toBe(0);
});

test('a command that removes its own directory still has its log', async () => {
  await using platform = await new TestPlatform().start();
  const run = await platform.run(['echo gone; rm -rf "$HOME/work"']);
  expect(run).toMatchObject({ outcome: 'success', skipped: [] });
  expect(run.outputs.map(({ relativePath }) => relativePath)).toEqual(['process_output.log']);
  expect(existsSync(join(run.directory, 'process_output.log'))).toBe(true);
});
