import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Platform, startPlatform } from '../packages/server/testing/start-platform.ts';
import { type Desk, LAUNCHER, openDesk } from './cli-harness.ts';

let platform: Platform;
beforeAll(async () => {
  platform = await startPlatform({ cores: 2 });
});
afterAll(() => platform[Symbol.asyncDispose]());

/** A command on a terminal, at which somebody answers its question. */
async function answering(desk: Desk, argv: string, answer: string): Promise<{ code: number; shown: string }> {
  const line = `exec ${process.execPath} ${LAUNCHER} ${argv}`;
  const child = spawn('script', ['-qec', line, '/dev/null'], {
    cwd: desk.folder,
    env: { ...desk.environment, TERM: 'xterm' },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let shown = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    if (!shown.includes('[y/N]') && (shown + text).includes('[y/N]')) {
      child.stdin.write(`${answer}\n`);
    }
    shown += text;
  });
  const [code] = await once(child, 'close');
  return { code, shown };
}

test('a sweep whose parameters reach nothing is asked about at a terminal, and submitted only when somebody says so', {
  timeout: 60_000,
}, async () => {
  await using desk = await openDesk(platform);
  const count = async () => (await platform.call('GET', '/api/v2/jobs/')).body.count;
  const no = await answering(desk, "sweep --param x=1,2 --no-follow 'true'", 'n');
  expect([no.code, await count()]).toEqual([2, 0]);
  expect(no.shown).toContain('No template and no command has x.');
  expect(no.shown).toContain('Not submitted: nothing was sent.');
  expect((await answering(desk, "sweep --param x=1,2 --no-follow 'true'", 'y')).code).toBe(0);
  // Nobody can be asked, is to be asked, or needs to be.
  expect((await desk.quarry('sweep', '--param', 'x=1,2', '--no-follow', 'true')).exitCode).toBe(0);
  const sure = await answering(desk, "sweep --param x=1,2 --no-follow --yes 'true'", '');
  const named = await answering(desk, "sweep --param x=1,2 --no-follow 'echo $x'", '');
  expect([sure.code, named.code, await count()]).toEqual([0, 0, 4]);
  expect(sure.shown + named.shown).not.toContain('[y/N]');
});
