import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { TestPlatform } from './platform.ts';

test('the end of a run whose agent died is told though it cannot be written down before its outputs are brought', async () => {
  await using platform = new TestPlatform();
  platform.cluster.sharesFiles = false;
  await platform.start();
  const { runId } = platform.assign(['sleep 300']);
  await platform.started(runId);
  await platform.killAgent();
  // As on a disk that is full.
  writeFileSync(join(platform.cluster.directory, 'ends'), '');
  platform.startAgent();
  expect(await platform.finished(runId)).toMatchObject({
    ...{ outcome: 'failed', failure: { code: 'agent_lost' }, unfinished: true },
    skipped: [expect.objectContaining({ reason: 'there was no space left to store it' })],
  });
});

test('whoever asks for a file while what a dead agent has left is told does not hear that the agent is too old', async () => {
  await using platform = new TestPlatform();
  platform.cluster.sharesFiles = false;
  await platform.start();
  const { runId } = platform.assign(['sleep 300']);
  await platform.started(runId);
  await platform.killAgent();
  const before = platform.requests.length;
  await platform.salvage();
  await platform.finished(runId);
  const told = platform.requests.slice(before);
  expect(told.length).toBeGreaterThan(0);
  for (const { understands } of told) {
    expect(understands).toEqual(expect.arrayContaining(['signal', 'phase', 'look', 'read', 'list']));
  }
});
