/** What comes from Windows: lines that end in a carriage return, and byte order marks. */
import { expect, test } from 'vitest';
import { TestPlatform } from './platform.ts';

test.each<[string, string]>([
  ['every line', 'echo a\r\nif true; then\r\necho b\r\nfi\r\n'],
  ['a single line', 'echo b\r'],
  ['a byte order mark', '\ufeffecho b'],
  ['both', '\ufeffcat <<END\r\nb\r\nEND\r\n'],
])('a command with Windows line ends runs: %s', async (_what, command) => {
  await using platform = await new TestPlatform().start();
  const run = await platform.run([command]);
  expect(run).toMatchObject({ outcome: 'success', exitCode: 0 });
  expect(run.log).not.toContain('\r');
  expect(run.log).toMatch(/: b\n/);
});

test('a carriage return that a command means is kept', async () => {
  await using platform = await new TestPlatform().start();
  const run = await platform.run(["cat <<'END' | od -c | head -1\na\r\nb\nEND\n"]);
  expect(run.log).toMatch(/a {2}\\r {2}\\n {3}b {2}\\n/);
});

test.each<[string, string, string, number]>([
  ['whose first line names no program then', '#!/bin/bash\r\necho hi\r\n', './run.sh', 0],
  ['found by env', '#!/usr/bin/env bash\r\necho hi\r\n', './run.sh', 0],
  ['in which bash meets them', 'if true; then\r\necho hi\r\nfi\r\n', 'bash run.sh', 0],
  ['in which sh meets them', 'cd .\r\nexit 3\r\n', 'sh ./run.sh && true', 3],
  ['with a byte order mark', '\ufeff#!/bin/bash\nfalse\n', './run.sh', 1],
])('a script with Windows line ends fails by that name: %s', async (_what, script, command, exitCode) => {
  await using platform = await new TestPlatform().start();
  const input = platform.input('run.sh', script);
  const { outcome, failure } = await platform.run([command], { inputs: [input] });
  expect(outcome).toBe('failed');
  const [before] = failure!.hint.split('The log ends with');
  expect(before).toMatch(/^run\.sh has Windows line ends \(CRLF\)/);
  // What it says to do is the way out.
  const convert = /"(sed .*)",/.exec(before!)![1]!;
  const converted = await platform.run([`${convert}\n${command}`], { inputs: [input] });
  expect([converted.exitCode, converted.log]).toEqual([
    exitCode,
    expect.not.stringMatching(/not found|No such/),
  ]);
});

test('one that another script calls is guessed from what the log says', async () => {
  await using platform = await new TestPlatform().start();
  const inputs = [platform.input('all.sh', './one\n'), platform.input('one', '#!/bin/bash\r\necho hi\r\n')];
  const { failure } = await platform.run(['bash all.sh'], { inputs });
  expect(failure!.hint).toMatch(/^A script may have Windows line ends/);
});

test('a failure of anything else is not blamed on them', async () => {
  await using platform = await new TestPlatform().start();
  const inputs = [platform.input('mesh.inp', 'nodes\r\n1 2\r\n'), platform.input('run.sh', 'exit 3\n')];
  for (const command of ['sh run.sh mesh.inp', './nothing', "printf 'a\\r\\n'; exit 3"]) {
    const { outcome, failure } = await platform.run([command], { inputs });
    expect([outcome, failure!.hint]).toEqual(['failed', expect.not.stringContaining('Windows')]);
  }
});
