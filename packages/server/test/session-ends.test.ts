/** When sessions end by themselves, by a clock that the test moves on. */
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { Sessions } from '../src/access/sessions.ts';
import { formatInstant } from '../src/clock.ts';
import { tidySessions } from '../src/upkeep/tasks.ts';
import { NOW, openWorld } from './job-rows-harness.ts';

const HOUR_MS = 3_600_000;

/** Sessions of one user, of 12 hours idle and 7 days at most, at a time that passes by hand. */
async function open() {
  const base = await mkdtempDisposable(join(tmpdir(), 'quarry-sessions-'));
  onTestFinished(() => base.remove());
  const { database } = await openWorld(join(base.path, 'quarry.db'));
  onTestFinished(() => database[Symbol.asyncDispose]());
  let microseconds = Date.parse(NOW) * 1000;
  const clock = { now: () => formatInstant(microseconds++), aheadMs: () => 0 };
  const start = () => new Sessions({ database, clock, idleHours: 12, days: 7 });
  let sessions = start();
  const { token, cookie, row } = await database.write((queries) =>
    sessions.begin(queries, {
      user_id: 'u',
      way: 'key',
      key_id: null,
      keyExpiresAt: null,
      user_agent: '',
      address: '192.0.2.1',
    }),
  );
  const ask = (isUse: boolean) =>
    sessions.recognise({ kind: 'session', token, cookies: [cookie] }, { isUse }).then(
      (caller) => caller.kind,
      (error) => error.kind,
    );
  return {
    use: () => ask(true),
    look: () => ask(false),
    byId: () => sessions.find(row.id),
    tidy: () => sessions.tidy(),
    pass: (hours: number) => {
      microseconds += hours * HOUR_MS * 1000;
    },
    startAgain: () => {
      sessions = start();
    },
    rows: () => database.read.selectFrom('sessions').selectAll().execute(),
  };
}

test('a session ends when it is left idle, and lasts while it is used', async () => {
  const { use, pass } = await open();
  for (let round = 0; round < 5; round++) {
    pass(11);
    expect(await use()).toBe('user');
  }
  pass(12.1);
  expect(await use()).toBe('unauthenticated');
});

test('looking again for a stream that is open keeps no session from being idle', async () => {
  const { look, byId, pass } = await open();
  for (const [hours, kind] of [
    [6, 'user'],
    [5, 'user'],
    [1.1, 'unauthenticated'],
  ] as const) {
    pass(hours);
    expect(await look()).toBe(kind);
  }
  expect(await byId()).toBeNull();
});

test('a session ends after its days, however much it is used', async () => {
  const { use, pass } = await open();
  for (let hours = 0; hours < 7 * 24 - 8; hours += 8) {
    pass(8);
    expect(await use()).toBe('user');
  }
  pass(8);
  expect(await use()).toBe('unauthenticated');
});

test('when it was used last outlives the server, and what has ended is forgotten', async () => {
  const { use, byId, tidy, pass, startAgain, rows } = await open();
  pass(11);
  expect(await use()).toBe('user');
  expect(await tidy()).toEqual({ used: 1, ended: 0 });
  startAgain();
  pass(11);
  expect(await byId()).not.toBeNull();
  expect(await use()).toBe('user');
  await tidy();
  expect(await tidy()).toEqual({ used: 0, ended: 0 });
  expect(await rows()).toHaveLength(1);
  pass(12.1);
  expect(await tidy()).toEqual({ used: 0, ended: 1 });
  expect(await rows()).toEqual([]);
  expect(await use()).toBe('unauthenticated');
});

test('who goes on serving is told when a session was left idle, and only then', async () => {
  const { use, tidy, pass } = await open();
  let told = 0;
  const look = tidySessions({ sessions: { tidy }, authenticator: { revoked: () => told++ } });
  const run = { signal: new AbortController().signal, fail: () => expect.unreachable() };
  await use();
  expect([await look(run), told]).toEqual([{ used: 1, ended: 0 }, 0]);
  pass(12.1);
  expect([await look(run), told]).toEqual([{ used: 0, ended: 1 }, 1]);
  expect([await look(run), told]).toEqual([{ used: 0, ended: 0 }, 1]);
});
