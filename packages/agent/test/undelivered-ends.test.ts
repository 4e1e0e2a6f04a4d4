import { existsSync, readdirSync, writeFileSync } from 'node:fs';
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

test('an agent whose server is gone leaves once nothing is executed, and what waited is brought by whoever comes next', async () => {
  await using platform = new TestPlatform({ limits: { undeliveredSeconds: 1 } });
  platform.cluster.sharesFiles = false;
  await platform.start();
  const go = join(platform.directory, 'go');
  const { runId } = platform.assign([`until [ -e ${go} ]; do sleep 0.05; done`]);
  await platform.started(runId);
  await platform.unlisten();
  writeFileSync(go, '');
  expect(await platform.exited()).toBe(0);
  expect(platform.agentErrors).toContain('What waits to be delivered stays in its directory');
  expect(readdirSync(join(platform.cluster.directory, 'ends'))).toEqual([`${runId}.json`]);
  await platform.listen();
  await platform.salvage();
  expect(await platform.finished(runId)).toMatchObject({ exitCode: 0, holdsOutputs: true });
});

test('so does who collects what a dead one has left, when the server goes meanwhile', async () => {
  await using platform = new TestPlatform({ limits: { undeliveredSeconds: 1 } });
  platform.cluster.sharesFiles = false;
  await platform.start();
  const { runId } = platform.assign(['sleep 300']);
  await platform.started(runId);
  await platform.killAgent();
  await platform.unlisten();
  await expect(platform.salvage()).rejects.toThrow('it does not answer');
  expect(platform.agentErrors).toContain('What waits to be delivered stays in its directory');
  expect(existsSync(join(platform.cluster.directory, 'ends', `${runId}.json`))).toBe(true);
  await platform.listen();
  await platform.salvage();
  expect(await platform.finished(runId)).toMatchObject({ outcome: 'failed', unfinished: true });
});
