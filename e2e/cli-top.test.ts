import { expect, test } from 'vitest';
import { startPlatform } from '../packages/server/testing/start-platform.ts';
import { LAUNCHER, openDesk, startProcess } from './cli-harness.ts';

test('what a run uses is shown as a table, once elsewhere and redrawn on a terminal until the job ends', {
  timeout: 60_000,
}, async () => {
  await using platform = await startPlatform({ cores: 2, config: 'usage_sample_seconds = 1\n' });
  await using desk = await openDesk(platform);
  const command = 'until [ -e go ]; do :; done';
  const submitted = await desk.quarry('jobs', 'submit', '--command', command, '--json');
  const { id } = JSON.parse(submitted.stdout);
  const top = async () => JSON.parse((await desk.quarry('jobs', 'top', id, '--json')).stdout);
  let seen = await top();
  while (seen.total === 0 || seen.items[0].cpuCores === null) {
    seen = await top();
  }
  expect(seen).toMatchObject({ total: 1, items: [{ runId: '1', attempt: 1, isExecuting: true }] });
  const plain = await desk.quarry('jobs', 'top', id);
  expect(plain.exitCode).toBe(0);
  expect(plain.stdout).toMatch(
    /^RUN +STATE +TIME +CPU TIME +CORES +MEMORY +PEAK +DISK\n +1 +executing +\S.*\d\.\d\d .*B/,
  );

  const line = `exec ${process.execPath} ${LAUNCHER} jobs top ${id}`;
  const terminal = startProcess(['-qec', line, '/dev/null'], {
    ...desk,
    node: 'script',
    environment: { ...desk.environment, TERM: 'xterm' },
  });
  const drawings = () => terminal.stdout().split('executing').length - 1;
  while (drawings() < 2) {
    await desk.quarry('jobs', 'top', id);
  }
  await desk.quarry('jobs', 'stop', id);
  const { stdout, exitCode } = await terminal.ended;
  expect([exitCode, stdout.includes('\u001b[J')]).toEqual([0, true]);
  expect(stdout.trimEnd().split('\n').at(-1)).toContain('ended');

  const short = await desk.quarry('jobs', 'submit', '--command', 'true', '--wait', '--json');
  const none = await desk.quarry('jobs', 'top', JSON.parse(short.stdout).id);
  expect([none.exitCode, none.stdout]).toEqual([0, expect.stringContaining('No run has been looked at')]);
});
