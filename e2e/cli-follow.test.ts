import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Platform, startPlatform } from '../packages/server/testing/start-platform.ts';
import { type Desk, openDesk, type Started } from './cli-harness.ts';
import { eventually } from './support/jobs.ts';

let platform: Platform;
beforeAll(async () => {
  platform = await startPlatform({ cores: 4, sandbox: 'off' });
});
afterAll(async () => {
  await platform[Symbol.asyncDispose]();
});

/** A job whose command goes on when the file `go` appears at the desk. */
async function submit(desk: Desk, before: string, after: string): Promise<string> {
  const command = `${before}; until test -e ${desk.folder}/go; do sleep 0.05; done; ${after}`;
  const ran = await desk.quarry('jobs', 'submit', '--command', command, '--json');
  expect(ran.stderr).toBe('');
  return JSON.parse(ran.stdout).id;
}

const shows = (started: Started, words: string) =>
  eventually(words, async () => started.stdout().includes(words) || started.stderr().includes(words));

test('any file of a job is followed to the end of its run, as are its last lines, and its log', {
  timeout: 120_000,
}, async () => {
  await using desk = await openDesk(platform);
  const id = await submit(
    desk,
    'printf "a\\nb\\nc\\n" > steps; echo begun',
    'echo d >> steps; echo new > other; mv other steps; sleep 0.7; echo last >> steps; exit 3',
  );
  await eventually('the file', async () => (await desk.quarry('jobs', 'tail', id, 'steps')).exitCode === 0);
  expect((await desk.quarry('jobs', 'tail', id, 'steps', '-n', '2')).stdout).toBe('b\nc\n');
  const following = desk.start('jobs', 'tail', '-f', '-n', '1', id, 'steps');
  const asJson = desk.start('runs', 'tail', '-f', '--json', id, '1', 'steps');
  const log = desk.start('jobs', 'logs', '-f', id);
  const late = desk.start('jobs', 'tail', '-f', id, 'nothing');
  await shows(following, 'c\n');
  await shows(asJson, 'c\\n');
  await shows(log, 'begun');
  await shows(late, 'There is no file "nothing"');
  const absent = await desk.quarry('jobs', 'tail', id, 'nothing');
  expect([absent.exitCode, absent.stderr]).toEqual([
    4,
    expect.stringContaining('`quarry runs files JOB RUN --live`'),
  ]);
  const live = await desk.quarry('runs', 'files', id, '1', '--live');
  expect(live.stdout).toMatch(/^PATH +SIZE +CHANGED$/m);
  expect(live.stdout).toMatch(/^steps +6 B +20\d\d-\d\d-\d\d \d\d:\d\d:\d\d$/m);
  await writeFile(join(desk.folder, 'go'), '');

  // How the run ends is not how the following does.
  expect(await following.ended).toMatchObject({
    exitCode: 0,
    stdout: expect.stringMatching(/^c\n(d\n)?new\nlast\n$/),
    stderr: 'Another file is there now: it follows from its first byte.\n',
  });
  const events = (await asJson.ended).stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(events[0]).toEqual({ event: 'data', start: 0, text: 'a\nb\nc\n' });
  expect(events.find(({ event }) => event === 'restart')).toMatchObject({ reason: 'replaced' });
  expect(events.at(-1)).toMatchObject({ event: 'end', outcome: 'failed', exitCode: 3, sizeBytes: 9 });
  const { stdout } = await log.ended;
  expect(stdout).toBe((await desk.quarry('jobs', 'logs', id)).stdout);
  expect(await late.ended).toMatchObject({
    exitCode: 0,
    stdout: '',
    stderr: expect.stringContaining('has left no file "nothing"'),
  });
  // Afterwards from the outputs.
  expect((await desk.quarry('jobs', 'tail', '-f', id, 'steps')).stdout).toBe('new\nlast\n');
  expect((await desk.quarry('jobs', 'tail', '-f', id, 'nothing')).exitCode).toBe(4);
  expect((await desk.quarry('runs', 'files', id, '1', '--live')).stdout).toMatch(/^steps +9 B/m);
});

test('following goes on over a restart of the platform, and Ctrl-C ends it in one line', {
  timeout: 120_000,
}, async () => {
  await using desk = await openDesk(platform);
  const id = await submit(desk, 'echo one > x', 'sleep 0.3; echo two >> x; sleep 300');
  await eventually('the file', async () => (await desk.quarry('jobs', 'tail', id, 'x')).exitCode === 0);
  const following = desk.start('jobs', 'tail', '-f', id, 'x');
  await shows(following, 'one\n');
  await platform.kill();
  await platform.restart();
  await writeFile(join(desk.folder, 'go'), '');
  await shows(following, 'two\n');
  following.child.kill('SIGINT');
  expect(await following.ended).toEqual({
    exitCode: 130,
    stdout: 'one\ntwo\n',
    stderr: 'error: Interrupted.\n',
  });
  await desk.quarry('jobs', 'stop', id);
});
