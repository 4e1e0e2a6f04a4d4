import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { logTexts, readLog, TestPlatform } from './platform.ts';

const PREFIX = /^\[\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z\]: $/;

test('the log has the format that clients read, byte for byte', async () => {
  await using platform = await new TestPlatform().start();
  const run = await platform.run(['echo one\nprintf "two\\n\\nthree"', 'exit 0']);
  const work = join(run.directory, 'home/work');
  const lines = run.log.split('\n');
  expect(lines.pop()).toBe('');
  expect(lines.every((line) => PREFIX.test(line.slice(0, 24)))).toBe(true);
  expect(logTexts(run.log)).toEqual([
    'Launching echo one',
    `printf "two\\n\\nthree", Working dir: ${work}.  Process output follows:`,
    'one',
    'two',
    '',
    'three',
    'Exited with code 0',
    '',
    `Launching exit 0, Working dir: ${work}.  Process output follows:`,
    'Exited with code 0',
    '',
  ]);
});

test('stdout and stderr keep their order and can be opened by name', async () => {
  await using platform = await new TestPlatform().start();
  const run = await platform.run([
    'for i in $(seq 200); do echo out $i; echo err $i >&2; done; echo x > /dev/stderr; echo y > /dev/stdout',
  ]);
  const expected = Array.from({ length: 200 }, (_, i) => [`out ${i + 1}`, `err ${i + 1}`]).flat();
  expect(logTexts(run.log).slice(1, -2)).toEqual([...expected, 'x', 'y']);
});

test('the log stays whole when the command deletes or moves it', async () => {
  await using platform = await new TestPlatform().start();
  const run = await platform.run([
    'echo before; rm $HOME/work/process_output.log; echo after',
    'mkdir d; echo more',
  ]);
  expect(logTexts(run.log)).toEqual(expect.arrayContaining(['before', 'after', 'more']));
  expect(run.outputs.map(({ relativePath }) => relativePath)).toEqual(['process_output.log']);
  const moved = await platform.run([
    'mv process_output.log d.log; echo mine > process_output.log; echo after',
  ]);
  expect(logTexts(moved.log)).toContain('after');
  expect(moved.outputs.map(({ relativePath }) => relativePath)).toEqual(['process_output.log']);
  expect(moved.skipped).toEqual([
    { relativePath: 'process_output.log', reason: 'the name belongs to the log of the run' },
  ]);
});

test('the log can be read in the work directory while the command runs, also an unfinished line', async () => {
  await using platform = await new TestPlatform().start();
  const { runId, directory } = platform.assign([
    'printf "50 %%"; until [ -e go ]; do sleep 0.02; done; echo " done"',
  ]);
  await platform.until(() =>
    readOrEmpty(join(directory, 'home/work/process_output.log')).endsWith(']: 50 %'),
  );
  execFileSync('touch', [join(directory, 'home/work/go')]);
  await platform.finished(runId);
  expect(logTexts(readLog(directory))[1]).toBe('50 % done');
});

test('bytes that are no text and carriage returns pass through', async () => {
  await using platform = await new TestPlatform().start();
  const run = await platform.run(['printf "\\377\\000\\r\\n\\200 10%%\\r20%%\\n"']);
  const log = readFileSync(join(run.directory, 'process_output.log'));
  const start = log.indexOf('follows:\n') + 'follows:\n'.length;
  const lines = log.subarray(start).toString('latin1').split('\n');
  expect(lines.slice(0, 2).map((line) => line.slice(24))).toEqual(['\xff\x00\r', '\x80 10%\r20%']);
});

test('a line of many megabytes is one line', async () => {
  await using platform = await new TestPlatform().start();
  const run = await platform.run(['head -c 8000000 /dev/zero | tr "\\0" x; echo; echo end']);
  const texts = logTexts(run.log);
  expect(texts[1]).toHaveLength(8_000_000);
  expect(texts.slice(2)).toEqual(['end', 'Exited with code 0', '']);
});

test('output beyond the limit is dropped with one line that says so, and the command goes on', async () => {
  await using platform = await new TestPlatform({ limits: { logBytes: 10_000 } }).start();
  const run = await platform.run(['yes | head -n 200000; echo ok > finished']);
  expect(run.outcome).toBe('success');
  expect(run.outputs.map(({ relativePath }) => relativePath)).toContain('finished');
  const texts = logTexts(run.log);
  expect(texts.filter((line) => line.includes('limit of 10000 bytes'))).toHaveLength(1);
  expect(texts.slice(-2)).toEqual(['Exited with code 0', '']);
  expect(statSync(join(run.directory, 'process_output.log')).size).toBeLessThan(11_000);
});

test('a full disk fails the run in words, and neither the agent nor the news are lost', async ({ skip }) => {
  await using platform = new TestPlatform();
  const { directory } = platform.cluster;
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=512k', 'tmpfs', directory], { stdio: 'ignore' });
  } catch {
    skip('this user cannot mount a small file system');
  }
  try {
    platform.errorsTo = join(directory, 'agent.log');
    await platform.start();
    const command = 'trap "echo saved > state" TERM; yes | head -c 2000000 & wait $!; wait; exit 3';
    const run = await platform.run([command, 'touch never']);
    expect(run).toMatchObject({ outcome: 'failed', exitCode: 3, failure: { code: 'log_lost' } });
    expect(run.failure!.message).toContain('no space left');
    // It got its grace to save what it had, and what was written is kept.
    expect(run.outputs.map(({ relativePath }) => relativePath)).toEqual(['state', 'process_output.log']);
    expect(run.outputs[1]!.sizeBytes).toBeGreaterThan(100_000);
    expect(await platform.run(['true'])).toMatchObject({
      outcome: 'failed',
      failure: { code: 'log_lost' },
    });
    platform.done = true;
    platform.wake();
    expect(await platform.exited()).toBe(0);
  } finally {
    platform.agent?.kill('SIGKILL');
    execFileSync('umount', ['-l', directory]);
  }
});

function readOrEmpty(path: string): string {
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}
