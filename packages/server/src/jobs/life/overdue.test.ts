import { mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createOverdue } from './overdue.ts';

const HOUR_MS = 3600_000;
const BOOT = 'this boot';

/** A cluster with a walltime of an hour, and a host whose clock the test sets. */
async function watched(journal: object[]) {
  const base = await mkdtempDisposable(join(tmpdir(), 'quarry-overdue-'));
  const at = '2026-01-05T09:00:00.000Z';
  const lines = journal.map((event, index) => JSON.stringify({ seq: index + 1, at, ...event }));
  await writeFile(join(base.path, 'journal.ndjson'), lines.map((line) => `${line}\n`).join(''));
  const host = { nowMs: 50 * HOUR_MS, silentMs: HOUR_MS };
  const overdue = createOverdue({
    silentMs: () => host.silentMs,
    host: { monotonicMs: () => host.nowMs, bootId: BOOT },
  });
  const cluster = {
    ...{ clusterId: 'c', directory: base.path, walltimeSeconds: 3600 },
    dateStarted: '2020-01-01T00:00:00.000000Z' as string | null,
  };
  return { host, overdue, cluster, [Symbol.asyncDispose]: () => base[Symbol.asyncDispose]() };
}
const agent = { type: 'agent_started', pid: 1, hostname: 'h', sandbox: 'none' };
const run = { type: 'run_started', runId: '1', workDirectory: '/w' };
const begun = (agoMs: number, bootId = BOOT) => [
  { ...agent, monotonicMs: 1, bootId },
  { ...run, monotonicMs: 50 * HOUR_MS - agoMs },
];

test('an agent is overdue when its runs have gone on for longer than they may, and it is silent', async () => {
  await using late = await watched(begun(2 * HOUR_MS));
  expect(await late.overdue.isOverdue(late.cluster)).toBe(true);
  await using early = await watched(begun(HOUR_MS / 2));
  expect(await early.overdue.isOverdue(early.cluster)).toBe(false);
  early.host.nowMs += HOUR_MS;
  expect(await early.overdue.isOverdue(early.cluster)).toBe(true);
});

test('one that still exchanges is never overdue: it may have much to hash', async () => {
  await using late = await watched(begun(20 * HOUR_MS));
  late.host.silentMs = 30_000;
  expect(await late.overdue.isOverdue(late.cluster)).toBe(false);
});

test('one that has begun no run is not', async () => {
  await using waiting = await watched([{ ...agent, bootId: BOOT }]);
  waiting.cluster.dateStarted = null;
  waiting.host.nowMs += 100 * HOUR_MS;
  expect(await waiting.overdue.isOverdue(waiting.cluster)).toBe(false);
});

test.each([
  ['of the version before', [agent, run]],
  ['of another boot', begun(20 * HOUR_MS, 'another')],
  ['whose journal is gone', []],
])('the time of an agent %s counts from when it was first seen', async (_which, journal) => {
  await using unknown = await watched(journal);
  expect(await unknown.overdue.ranForMs(unknown.cluster)).toBe(0);
  unknown.host.nowMs += HOUR_MS;
  expect(await unknown.overdue.isOverdue(unknown.cluster)).toBe(false);
  unknown.host.nowMs += HOUR_MS;
  expect(await unknown.overdue.isOverdue(unknown.cluster)).toBe(true);
});
