/** kill -9 of server and agent while snapshots are taken and jobs restarted: whole, or told why not; nothing is left behind. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, inject, test } from 'vitest';
import { type Platform, startPlatform } from '../../testing/start-platform.ts';
import {
  agentOf,
  definition,
  reach,
  readOutput,
  submitJob,
  until,
  untilPrinted,
} from '../platform-harness.ts';

const FILL = `head -c 60000000 /dev/zero | tr '\\0' x > large; mkdir many; for i in $(seq 300); do echo $i > many/$i; done
echo 1 > state; echo ready; while [ ! -e go ]; do sleep 0.05; done`;
const FILES = 303;

async function listOf(platform: Platform, jobId: string) {
  return (await platform.call('GET', `/api/v2/jobs/${jobId}/runs/1/snapshots/?page_size=100`)).body.results;
}

/** Every snapshot that is listed as done is whole, and there is nothing else of any. */
async function expectOnlyWhole(platform: Platform, jobId: string): Promise<string[]> {
  const rows = await until(async () => {
    const found = await listOf(platform, jobId);
    return found.every(({ status }: { status: string }) => status !== 'pending') && found;
  }, 'the end of all snapshots');
  for (const { status, fileId, fileCount, skippedCount, reason } of rows) {
    if (status === 'done') {
      expect([fileCount, skippedCount]).toEqual([FILES, 0]);
      const file = await platform.call('GET', `/api/v2/files/${fileId}/`);
      const bytes = await fetch(new URL(`/api/v2/files/${fileId}/contents/`, platform.url), {
        headers: { authorization: `Token ${platform.apiKey}` },
      });
      const digest = await crypto.subtle.digest('SHA-512', await bytes.arrayBuffer());
      expect(Buffer.from(digest).toString('hex')).toBe(file.body.fileChecksums[0].fileHash.toLowerCase());
    } else {
      expect(reason).not.toBe('');
    }
  }
  const listed = await platform.call('GET', `/api/v2/jobs/${jobId}/files/?type=12`);
  const done = rows.filter(({ status }: { status: string }) => status === 'done');
  expect(listed.body.count).toBe(done.length);
  expect(await readdir(join(platform.dataDir, 'snapshots')).catch(() => [])).toEqual([]);
  return rows.map(({ status }: { status: string }) => status);
}

test('a snapshot that was asked for is made after kill -9 of the server, at whatever moment that came', async () => {
  await using platform = await startPlatform({ cores: 4 });
  const id = await submitJob(platform, definition(FILL, { snapshots: { keep: 100 } }));
  await untilPrinted(platform, id, 'ready');
  const rounds = 5 * inject('often');
  for (let round = 0; round < rounds; round += 1) {
    const { body } = await platform.call('POST', `/api/v2/jobs/${id}/runs/1/snapshot/`, { waitSeconds: 0 });
    expect(body.data.status).toBe('pending');
    // Somewhere on the way from the request to the file.
    await sleep(Math.random() * 500);
    await platform.kill();
    await platform.restart();
    expect(await expectOnlyWhole(platform, id)).toEqual(Array(round + 1).fill('done'));
  }
  await platform.call('POST', `/api/v2/jobs/${id}/stop/`);
  await reach(platform, id, 'Completed');
}, 180_000);

test('kill -9 of the agent leaves a whole snapshot or a reason, and another job goes on from what there is', async () => {
  await using platform = await startPlatform({ cores: 4 });
  for (let round = 0; round < 2 * inject('often'); round += 1) {
    const id = await submitJob(platform, definition(FILL));
    await untilPrinted(platform, id, 'ready');
    await platform.call('POST', `/api/v2/jobs/${id}/runs/1/snapshot/`, { waitSeconds: 0 });
    await sleep(Math.random() * 400);
    process.kill(await agentOf(platform, id), 'SIGKILL');
    await reach(platform, id, 'Completed');
    await expectOnlyWhole(platform, id);
    const change = { jobanalyses: definition('cat state many/300 > seen').jobanalyses };
    const next = await platform.call('POST', `/api/v2/jobs/${id}/restart/`, { change, submit: true });
    expect(next.status).toBe(201);
    await reach(platform, next.body.id, 'Completed');
    expect(await readOutput(platform, next.body.id, 'seen')).toBe('1\n300\n');
  }
}, 180_000);

test('a restart that was acknowledged is executed after kill -9 of the server, once', async () => {
  await using platform = await startPlatform({ cores: 4 });
  const id = await submitJob(platform, definition('echo 1 > state'));
  await reach(platform, id, 'Completed');
  const made: string[] = [];
  for (let round = 0; round < 3 * inject('often'); round += 1) {
    const change = { jobanalyses: definition('cat state; echo 2 >> state').jobanalyses };
    const { body } = await platform.call('POST', `/api/v2/jobs/${id}/restart/`, { change, submit: true });
    made.push(body.id);
    await sleep(Math.random() * 100);
    await platform.kill();
    await platform.restart();
  }
  for (const jobId of made) {
    await reach(platform, jobId, 'Completed');
    expect(await readOutput(platform, jobId, 'state')).toBe('1\n2\n');
  }
  const { body } = await platform.call('GET', '/api/v2/jobs/');
  expect(body.count).toBe(1 + made.length);
}, 120_000);
