import { existsSync, linkSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AgentFileLook, RunAssignment } from '@quarry/contract';
import { expect, test } from 'vitest';
import { swapWithin } from '../testing/swapper.ts';
import { TestPlatform } from './platform.ts';

const BOUNDS = { entries: 1000, files: 1000, pathBytes: 100_000 };
const UNTIL_TOLD = 'touch ready; until [ -e go ]; do sleep 0.02; done';

/** A run that goes on until the file `go` is there. */
async function startRun(platform: TestPlatform, command = UNTIL_TOLD) {
  const run = platform.assign([command]);
  const work = join(run.directory, 'home/work');
  await platform.until(() => existsSync(join(work, 'ready')));
  return { run, work };
}

async function look(platform: TestPlatform, { runId }: RunAssignment, path: string) {
  const { head } = await platform.ask({ kind: 'look', runId, path, identity: null, after: null });
  return head;
}

async function lookInto(platform: TestPlatform, run: RunAssignment, path: string): Promise<AgentFileLook> {
  const head = await look(platform, run, path);
  if (head.kind !== 'look') {
    throw new Error(JSON.stringify(head));
  }
  return head.look;
}

async function read(
  platform: TestPlatform,
  { runId }: RunAssignment,
  path: string,
  { identity, position = 0, bytes = 100 }: { identity: string; position?: number; bytes?: number },
) {
  const answer = await platform.ask({ kind: 'read', runId, path, identity, position, bytes });
  return answer.head.kind === 'read' ? answer.bytes.toString() : answer.head;
}

test('what lies in the work directory is listed and read, names that are no UTF-8 among it', async () => {
  await using platform = await new TestPlatform({ sandbox: 'auto' }).start();
  const { run, work } = await startRun(
    platform,
    `mkdir -p deep/er; echo inside > deep/er/file; echo odd > $'b\\xff.txt'; ln -s deep/er/file link; ${UNTIL_TOLD}`,
  );
  const { head } = await platform.ask({ kind: 'list', runId: run.runId, bounds: BOUNDS });
  if (head.kind !== 'list') {
    throw new Error(JSON.stringify(head));
  }
  const entries = head.entries.map(({ path, type, sizeBytes }) => [path, type, type === 'file' && sizeBytes]);
  expect(head.isWhole).toBe(true);
  expect(entries).toEqual(
    expect.arrayContaining([
      ['deep', 'directory', false],
      ['deep/er/file', 'file', 7],
      ['%bytes=b%FF.txt', 'file', 4],
      ['link', 'link', false],
      ['process_output.log', 'file', expect.any(Number)],
    ]),
  );
  for (const [path, text] of [
    ['deep/er/file', 'inside\n'],
    ['%bytes=b%FF.txt', 'odd\n'],
    ['link', 'inside\n'],
    ['shared/deep/er/file', 'inside\n'],
  ] as const) {
    const { identity } = await lookInto(platform, run, path);
    expect(await read(platform, run, path, { identity })).toBe(text);
  }
  expect(
    (await platform.ask({ kind: 'list', runId: run.runId, bounds: { ...BOUNDS, files: 2 } })).head,
  ).toMatchObject({
    isWhole: false,
  });
  writeFileSync(join(work, 'go'), '');
  await platform.finished(run.runId);
});

test('a stretch of a file comes as it was asked for, and says where the file ends', async () => {
  await using platform = await new TestPlatform().start();
  const { run, work } = await startRun(platform);
  writeFileSync(join(work, 'data'), '0123456789');
  const { identity, sizeBytes } = await lookInto(platform, run, 'data');
  expect(sizeBytes).toBe(10);
  const ask = async (position: number, bytes: number) => {
    const { head, bytes: got } = await platform.ask({
      ...{ kind: 'read', runId: run.runId, path: 'data', identity, position, bytes },
    });
    return [got.toString(), head];
  };
  expect(await ask(2, 3)).toEqual(['234', { kind: 'read', isEnd: false }]);
  expect(await ask(8, 3)).toEqual(['89', { kind: 'read', isEnd: true }]);
  expect(await ask(50, 3)).toEqual(['', { kind: 'read', isEnd: true }]);
});

test('a file that was looked at is read to its end when its name is gone, or stands for another one', async () => {
  await using platform = await new TestPlatform().start();
  const { run, work } = await startRun(platform);
  const path = join(work, 'data');
  writeFileSync(path, 'first');
  const first = await lookInto(platform, run, 'data');
  writeFileSync(join(work, 'other'), 'second');
  renameSync(join(work, 'other'), path);
  expect(await read(platform, run, 'data', first)).toBe('first');
  const second = await lookInto(platform, run, 'data');
  expect(second.identity).not.toBe(first.identity);
  rmSync(path);
  expect(await read(platform, run, 'data', second)).toBe('second');
  expect(await look(platform, run, 'data')).toMatchObject({ kind: 'refused', reason: 'missing' });
  // One that nobody has looked at under this name is not taken for the one that is there.
  linkSync(join(work, 'ready'), join(work, 'again'));
  expect(await read(platform, run, 'again', second)).toMatchObject({ kind: 'refused', reason: 'replaced' });
});

test('a look that knows the file comes back when something was written to it', async () => {
  await using platform = await new TestPlatform().start();
  const { run, work } = await startRun(platform);
  const path = join(work, 'data');
  writeFileSync(path, 'one');
  const { identity, sizeBytes, stamp } = await lookInto(platform, run, 'data');
  const next = platform.ask({
    ...{ kind: 'look', runId: run.runId, path: 'data', identity },
    after: { sizeBytes, stamp, waitMs: 60_000 },
  });
  await appendFile(path, 'more');
  expect((await next).head).toMatchObject({ look: { identity, sizeBytes: 7 } });
});

test('what is no file, is not there, or leaves the work directory is refused by name', async () => {
  await using platform = await new TestPlatform().start();
  const { run, work } = await startRun(platform);
  mkdirSync(join(work, 'directory'));
  writeFileSync(join(platform.directory, 'secret'), 'secret');
  symlinkSync(join(platform.directory, 'secret'), join(work, 'away'));
  symlinkSync('loop', join(work, 'loop'));
  const reasons: Record<string, unknown> = {};
  for (const path of ['directory', 'nothing', 'away', 'loop', '../../../secret', 'a\0b', '']) {
    reasons[path] = ((await look(platform, run, path)) as { reason: string }).reason;
  }
  expect(reasons).toEqual({
    directory: 'not_a_file',
    nothing: 'missing',
    away: 'missing',
    loop: 'missing',
    '../../../secret': 'missing',
    'a\0b': 'missing',
    '': 'missing',
  });
  const stranger = { ...run, runId: '99' };
  expect(await look(platform, stranger, 'ready')).toMatchObject({ reason: 'missing' });
  expect((await platform.ask({ kind: 'list', runId: '99', bounds: BOUNDS })).head).toMatchObject({
    entries: [],
  });
});

test('names that are exchanged while they are read lead to nothing outside', async () => {
  await using platform = await new TestPlatform().start();
  const { run, work } = await startRun(platform);
  const outside = join(platform.directory, 'outside');
  mkdirSync(outside);
  writeFileSync(join(outside, 'data'), 'secret');
  mkdirSync(join(work, 'inside'));
  writeFileSync(join(work, 'inside/data'), 'public');
  symlinkSync(outside, join(work, 'link'));
  symlinkSync(join(outside, 'data'), join(work, 'inside/link'));
  await using swapping = await swapWithin(work, [['inside', 'link']]);
  await using swappingFiles = await swapWithin(join(work, 'inside'), [['data', 'link']]).catch(
    () => swapping,
  );
  const seen = new Set<string>();
  for (let round = 0; round < 60; round += 1) {
    for (const path of ['inside/data', 'link/data', 'inside/link']) {
      const head = await look(platform, run, path);
      if (head.kind === 'look') {
        const text = await read(platform, run, path, head.look);
        seen.add(typeof text === 'string' ? text : 'refused');
      }
    }
  }
  expect(swapping.isAlive && swappingFiles.isAlive).toBe(true);
  expect([...seen]).not.toContain('secret');
  expect([...seen]).toContain('public');
});

test('an answer that was lost is given again, and one that has come is not given twice', async () => {
  await using platform = await new TestPlatform().start();
  const { run } = await startRun(platform);
  platform.answersToRefuse = 2;
  expect(await look(platform, run, 'ready')).toMatchObject({ kind: 'look' });
  expect(platform.answersToRefuse).toBe(0);
  const { identity } = await lookInto(platform, run, 'ready');
  // Still sent with every answer of the exchange, as when the server has not applied it yet.
  platform.asks = [
    { id: 'repeated', kind: 'read', runId: run.runId, path: 'ready', identity, position: 0, bytes: 1 },
  ];
  platform.wake();
  await platform.until(() => platform.answers.has('repeated'));
  platform.answers.delete('repeated');
  for (let round = 0; round < 5; round += 1) {
    const seen = platform.requests.length;
    platform.wake();
    await platform.until(() => platform.requests.length > seen);
  }
  expect(platform.answers.has('repeated')).toBe(false);
});

test('of a run the agent tells when its commands are over, and its files are then read no more by name', async () => {
  await using platform = await new TestPlatform({ sandbox: 'auto' }).start();
  const { run, work } = await startRun(platform);
  const phase = async (runId: string) => (await platform.ask({ kind: 'phase', runId })).head;
  const { identity } = await lookInto(platform, run, 'ready');
  expect(await phase(run.runId)).toEqual({ kind: 'phase', areCommandsOver: false });
  writeFileSync(join(work, 'go'), '');
  await platform.finished(run.runId);
  expect(await phase(run.runId)).toEqual({ kind: 'phase', areCommandsOver: true });
  expect(await phase('99')).toEqual({ kind: 'phase', areCommandsOver: false });
  // What was open is the same file, wherever it was moved to.
  expect(await read(platform, run, 'ready', { identity })).toBe('');
});

test('a run that has ended is told to be over when its directory is gone already', async () => {
  await using platform = await new TestPlatform().start();
  const { run, work } = await startRun(platform);
  const phase = async () => (await platform.ask({ kind: 'phase', runId: run.runId })).head;
  expect(await phase()).toEqual({ kind: 'phase', areCommandsOver: false });
  writeFileSync(join(work, 'go'), '');
  await platform.finished(run.runId);
  rmSync(run.directory, { recursive: true });
  expect(await phase()).toEqual({ kind: 'phase', areCommandsOver: true });
});
