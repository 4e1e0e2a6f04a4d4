import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { AgentEvent } from '@quarry/contract';
import { expect, test } from 'vitest';
import { startPlatform } from '../../testing/start-platform.ts';
import { definition, reach, readOutput, submitJob, until } from '../platform-harness.ts';

test('outputs that a crash left in the store without their rows are there when the agent tells of them again', async () => {
  await using platform = await startPlatform({ cores: 4 });
  const clusters = join(platform.dataDir, 'clusters');
  const id = await submitJob(
    platform,
    definition('echo $$ > started; until [ -e ../go ]; do sleep 0.05; done; echo kept > result'),
  );
  await reach(platform, id, 'Executing');
  const cluster = join(clusters, (await readdir(clusters))[0]!);
  await platform.kill();
  await writeFile(join(cluster, 'runs/1/home/go'), '');
  const finished = await until(async () => {
    const lines = (await readFile(join(cluster, 'journal.ndjson'), 'utf8')).split('\n').filter(Boolean);
    return lines.map((line): AgentEvent => JSON.parse(line)).find((event) => event.type === 'run_finished');
  }, 'the end of the run');
  // As far as the server may have come before it was killed: the bytes taken over, the rows not written.
  for (const { path, sha512 } of finished.outputs) {
    const blob = join(platform.dataDir, 'blobs', sha512.slice(0, 2), `${sha512}.job`);
    await mkdir(dirname(blob), { recursive: true });
    await rename(path, blob);
  }
  // A stray of an upload, which nobody will ever tell of, shows how far tidying up has come.
  const stray = join(platform.dataDir, 'blobs/ab', `abcd${'0'.repeat(124)}`);
  await mkdir(dirname(stray), { recursive: true });
  await writeFile(stray, 'stray');

  await platform.restart();
  await reach(platform, id, 'Completed');
  expect((await platform.call('GET', `/api/v2/jobs/${id}/`)).body).toMatchObject({
    outcome: 'success',
    failure: null,
  });
  expect(await readOutput(platform, id, 'result')).toBe('kept\n');
  await until(async () => !existsSync(cluster), 'the end of the cluster');

  await platform.stop();
  await platform.restart();
  await until(async () => !existsSync(stray), 'the end of the stray');
  expect(await readOutput(platform, id, 'result')).toBe('kept\n');
});
