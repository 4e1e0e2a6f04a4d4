import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AgentAnswer, RunAssignment } from '@quarry/contract';
import { expect, test } from 'vitest';
import { TestPlatform } from './platform.ts';

type Answer = Extract<AgentAnswer, { kind: 'take_snapshot' }>;

const LIMITS = { entries: 1000, fileBytes: 1e9, spareBytes: 0 };
const UNTIL_TOLD = 'echo one > a; mkdir b; echo two > b/c; touch ready; until [ -e go ]; do sleep 0.02; done';

async function startRun(platform: TestPlatform) {
  const run = platform.assign([UNTIL_TOLD]);
  const work = join(run.directory, 'home/work');
  await platform.until(() => existsSync(join(work, 'ready')));
  return { run, work };
}

async function take(
  platform: TestPlatform,
  { runId }: Pick<RunAssignment, 'runId'>,
  snapshotId: string,
  more: { globs?: string[]; waitMs?: number; limits?: Partial<typeof LIMITS> } = {},
): Promise<Answer> {
  const { globs = null, waitMs = 5000, limits } = more;
  const { head } = await platform.ask({
    ...{ kind: 'take_snapshot', runId, snapshotId, globs, waitMs },
    limits: { ...LIMITS, ...limits },
  });
  if (head.kind !== 'take_snapshot') {
    throw new Error(JSON.stringify(head));
  }
  return head;
}

const read = (platform: TestPlatform, snapshotId: string, position: number, bytes: number) =>
  platform.ask({ kind: 'read_snapshot', runId: '1', snapshotId, position, bytes });

const left = (platform: TestPlatform) => {
  const directory = join(platform.cluster.directory, 'snapshots');
  return existsSync(directory) ? readdirSync(directory) : [];
};

test('a snapshot is taken once, read in stretches, and gone when it is wanted no more', async () => {
  await using platform = await new TestPlatform({ sandbox: 'auto' }).start();
  const { run, work } = await startRun(platform);
  const { taken, failure } = await take(platform, run, 'one', { globs: ['**/c', 'a'] });
  expect([failure, taken!.fileCount]).toEqual([null, 2]);
  writeFileSync(join(work, 'a'), 'other');
  // The same one, also when it is asked for again after that.
  expect((await take(platform, run, 'one')).taken).toEqual(taken);
  const pieces: Buffer[] = [];
  for (let position = 0; position < taken!.sizeBytes; position += 1000) {
    const { head, bytes } = await read(platform, 'one', position, 1000);
    expect(head.kind).toBe('read_snapshot');
    pieces.push(bytes);
  }
  const archive = Buffer.concat(pieces);
  expect(createHash('sha512').update(archive).digest('hex')).toBe(taken!.sha512);
  expect(execFileSync('tar', ['-xOf', '-', 'a', 'b/c'], { input: archive }).toString()).toBe('one\ntwo\n');
  expect(left(platform)).toEqual(['one.tar']);
  await platform.ask({ kind: 'drop_snapshot', runId: run.runId, snapshotId: 'one' });
  expect(left(platform)).toEqual([]);
  expect((await read(platform, 'one', 0, 10)).head).toMatchObject({ kind: 'refused', reason: 'missing' });
  // Once more is harmless.
  await platform.ask({ kind: 'drop_snapshot', runId: run.runId, snapshotId: 'one' });
});

test('why there is no snapshot is told in words, and nothing of it stays', async () => {
  await using platform = await new TestPlatform().start();
  const { run, work } = await startRun(platform);
  expect((await take(platform, run, 'many', { limits: { entries: 2 } })).failure).toMatchObject({
    code: 'too_many_entries',
  });
  expect((await take(platform, run, 'full', { limits: { spareBytes: 1e18 } })).failure).toMatchObject({
    code: 'storage_full',
  });
  expect((await take(platform, { runId: '99' }, 'nobody')).failure).toMatchObject({ code: 'run_over' });
  expect((await take(platform, run, '../evil')).failure).toMatchObject({ code: 'agent_error' });
  writeFileSync(join(work, 'go'), '');
  await platform.finished(run.runId);
  expect((await take(platform, run, 'late')).failure).toMatchObject({ code: 'run_over' });
  expect(left(platform)).toEqual([]);
});

test('one that is dropped while it is taken ends, and leaves nothing', async () => {
  await using platform = await new TestPlatform().start();
  const { run, work } = await startRun(platform);
  execFileSync('truncate', ['-s', '1G', join(work, 'large')]);
  writeFileSync(join(work, 'large'), 'x', { flag: 'r+' });
  expect(await take(platform, run, 'large', { waitMs: 0 })).toMatchObject({ taken: null, failure: null });
  await platform.until(() => left(platform).length > 0);
  await platform.ask({ kind: 'drop_snapshot', runId: run.runId, snapshotId: 'large' });
  await platform.until(() => left(platform).length === 0);
});
