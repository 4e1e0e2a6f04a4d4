import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runLimits } from '../src/jobs/life/run-limits.ts';
import { LIMITS } from '../src/limits.ts';
import { type Platform, startPlatform } from '../testing/start-platform.ts';
import { definition, reach, submitJob } from './platform-harness.ts';

const CONFIG = `
processes_per_run = 77
open_files_per_run = 99
log_bytes = 5000000
output_bytes_per_run = 123456
`;

function cluster(platform: Platform): { directory: string; file: { limits: Record<string, number> } } {
  const directory = join(platform.dataDir, 'clusters', readdirSync(join(platform.dataDir, 'clusters'))[0]!);
  return { directory, file: JSON.parse(readFileSync(join(directory, 'cluster.json'), 'utf8')) };
}
const oomScore = (pid: number) => readFileSync(`/proc/${pid}/oom_score_adj`, 'utf8').trim();

test('agents are told the bounds of runs that the site has set, and go before the server when memory runs out', async () => {
  await using platform = await startPlatform({ config: CONFIG });
  const id = await submitJob(platform, definition('sleep 60'));
  await reach(platform, id, 'Executing');
  const { directory, file } = cluster(platform);
  expect(file.limits).toMatchObject({
    processes: 77,
    openFiles: 99,
    logBytes: 5_000_000,
    outputBytes: 123_456,
  });
  const { pid } = JSON.parse(readFileSync(join(directory, 'agent.lock'), 'utf8'));
  expect(oomScore(pid)).toBe('300');
  // It may lower its own only where it has the right to.
  expect([oomScore(process.pid), '-500']).toContain(oomScore(platform.pid));
});

test('no more open files are promised than the server may have itself', () => {
  const hard = Number(/^Max open files +\S+ +(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))![1]);
  expect(runLimits(LIMITS)).toMatchObject({
    openFiles: Math.min(65_536, hard),
    processes: 4096,
    outputBytes: 0,
  });
  expect(runLimits({ ...LIMITS, openFilesPerRun: hard + 1 })).toMatchObject({ openFiles: hard });
});
