import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { probeSandbox } from '@quarry/agent/sandbox';
import { describe, expect, test } from 'vitest';
import { startPlatform } from '../packages/server/testing/start-platform.ts';
import { jobWithStatus, printedLines, submitCommand } from './support/jobs.ts';

const probe = await probeSandbox();
if (!probe.available) {
  console.warn(`Tests of the sandbox are skipped: ${probe.reason}`);
}

describe.skipIf(!probe.available)('a command in the sandbox', () => {
  test('sees nothing of the data directory but its own home', async () => {
    await using platform = await startPlatform({ cores: 2 });
    await writeFile(join(platform.dataDir, 'canary'), 'secret');
    const looks = [
      `cat ${platform.dataDir}/owner.key`,
      `cat ${platform.dataDir}/canary`,
      `cat ${platform.dataDir}/quarry.db | head -c 10`,
      `ls ${platform.dataDir}/blobs`,
      'echo looked',
    ];
    const id = await submitCommand(platform, `${looks.join(' 2>&1\n')} 2>&1`);
    expect((await jobWithStatus(platform, id, 'Completed')).outcome).toBe('success');
    const lines = await printedLines(platform, id);
    expect(lines.slice(0, 4)).toEqual(
      Array(4).fill(expect.stringMatching(/No such file or directory|Permission denied/)),
    );
    expect(lines.at(-1)).toBe('looked');
  });

  test('sees no home, where people keep their keys', async () => {
    const home = await mkdtemp(join(tmpdir(), 'quarry-home-'));
    try {
      await writeFile(join(home, 'apiconfig'), 'secret');
      await using platform = await startPlatform({ cores: 2, environment: { HOME: home } });
      const id = await submitCommand(
        platform,
        `cat ${home}/apiconfig 2>&1; ls -A /root /home 2>&1; node --version`,
        {
          analysis: { code: 'nodejs' },
        },
      );
      expect((await jobWithStatus(platform, id, 'Completed')).outcome).toBe('success');
      const lines = await printedLines(platform, id);
      expect(lines[0]).toMatch(/No such file|Permission denied/);
      expect(lines.at(-1)).toBe(process.version);
    } finally {
      await rm(home, { recursive: true });
    }
  });

  test('sees no directory of another job, running or ended', async () => {
    await using platform = await startPlatform({ cores: 2 });
    const neighbour = await submitCommand(platform, 'echo private > mine.txt; sleep 600');
    await jobWithStatus(platform, neighbour, 'Executing');
    const clusters = platform.clustersDirectory;
    const [directory] = await readdir(clusters);
    const id = await submitCommand(
      platform,
      `ls ${clusters}; cat ${clusters}/${directory}/runs/1/home/work/mine.txt 2>&1; true`,
    );
    await jobWithStatus(platform, id, 'Completed');
    const lines = await printedLines(platform, id);
    expect(lines).not.toContain(directory);
    expect(lines.at(-1)).toMatch(/No such file|Permission denied/);
    await platform.call('POST', `/api/v2/jobs/${neighbour}/stop/`);
    expect((await jobWithStatus(platform, neighbour, 'Completed', 40)).outcome).toBe('stopped');
  });

  test("sees neither the server's environment nor its processes, and can change nothing outside its home", async () => {
    const home = '/root-or-home-canary';
    await using platform = await startPlatform({ cores: 2, environment: { QUARRY_TEST_CANARY: home } });
    const id = await submitCommand(
      platform,
      [
        'cat /proc/[0-9]*/environ 2> /dev/null | tr "\\0" "\\n" | grep -c ^QUARRY_TEST_CANARY=',
        'ls -d /proc/[0-9]* | wc -l',
        'touch /usr/bin/made-by-a-job 2>&1',
        'env | grep -c ^QUARRY_TEST_CANARY=',
        'cat /etc/shadow',
        'true',
      ].join('\n'),
    );
    await jobWithStatus(platform, id, 'Completed');
    const lines = await printedLines(platform, id);
    expect(lines[0]).toBe('0');
    expect(Number(lines[1])).toBeLessThan(12);
    expect(lines[2]).toMatch(/Read-only file system|Permission denied/);
    expect(lines[3]).toBe('0');
    expect(lines.slice(4).join('\n')).not.toContain('root:');
  });
});

test('the first line of the server says whether commands run in the sandbox', async () => {
  await using off = await startPlatform({ sandbox: 'off' });
  expect(off.log()).toMatch(/sandbox: OFF.*switched off/);
  await using on = await startPlatform();
  expect(on.log()).toMatch(probe.available ? /sandbox: on/ : /sandbox: OFF/);
});
