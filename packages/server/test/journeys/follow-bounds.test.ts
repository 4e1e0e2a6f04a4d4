import { readdirSync, readlinkSync } from 'node:fs';
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { createFollowSlots } from '../../src/api/jobs/wait-slots.ts';
import { type Platform, startPlatform } from '../../testing/start-platform.ts';
import { followFile } from '../follow-harness.ts';
import {
  addUser,
  definition,
  makeApiKey,
  rawRequest,
  reach,
  sendRaw,
  submitJob,
  until,
  untilPrinted,
} from '../platform-harness.ts';

const COMMAND = 'echo ready; mkdir dir; ln -s /etc/passwd out; while :; do echo tick; sleep 0.1; done';

async function startJob(platform: Platform, key?: string): Promise<string> {
  const id = await submitJob(platform, definition(COMMAND), key);
  await until(async () => {
    const { status } = await platform.call('HEAD', `/api/v2/jobs/${id}/runs/1/tail/process_output.log`);
    return status === 200;
  }, 'the log');
  await untilPrinted(platform, id, 'tick');
  return id;
}

/** Files of a run that the server has open. */
function openFiles({ pid, dataDir }: Platform): string[] {
  return readdirSync(`/proc/${pid}/fd`)
    .map((fd) => {
      try {
        return readlinkSync(`/proc/${pid}/fd/${fd}`);
      } catch {
        return '';
      }
    })
    .filter((path) => path.startsWith(`${dataDir}/clusters/`) && path.includes('process_output.log'));
}

test('followers are bounded, for each user and in all, and are told what to do', () => {
  const slots = createFollowSlots(2, 3);
  const of = (userId: string) =>
    ({ kind: 'user', userId, role: 'member', credential: { kind: 'key', id: 'k' } }) as unknown as Parameters<
      typeof slots.take
    >[0];
  const [first] = [slots.take(of('a')), slots.take(of('a'))];
  expect(() => slots.take(of('a'))).toThrow(
    expect.objectContaining({ kind: 'too_many', hint: expect.stringContaining('Close some') }),
  );
  slots.take(of('b'));
  expect(() => slots.take(of('b'))).toThrow(
    expect.objectContaining({ kind: 'busy', code: 'too_many_followers', retryAfterSeconds: 5 }),
  );
  first![Symbol.dispose]();
  first![Symbol.dispose]();
  slots.take(of('b'));
});

test('what is no file of the run is refused, and nobody waits for it', async () => {
  await using platform = await startPlatform({ cores: 4 });
  const id = await startJob(platform);
  const refusals = await Promise.all(
    ['../../secret', '..%2f..%2fsecret', 'a/../../x', 'dir'].map(async (path) => {
      const request = rawRequest(platform, 'GET', `/api/v2/jobs/${id}/runs/1/tail/${path}?follow=1`);
      return (await sendRaw(platform, request, 3000)).status;
    }),
  );
  expect(refusals).toEqual([404, 404, 404, 400]);
  // A link that leads out is like one to nothing: it may come to lead inside.
  using out = await followFile(platform, id, 'out');
  expect(await out.next()).toMatchObject({ type: 'waiting' });
  for (const [run, path] of [
    ['2', 'x'],
    ['0', 'x'],
  ] as const) {
    using stream = await followFile(platform, id, path, { run });
    expect(stream.status).toBe(404);
  }
});

test('a directory that takes the place of a file for a while, and the deletion of the job, break no follower off in the log', async () => {
  await using platform = await startPlatform({ cores: 4 });
  const id = await submitJob(
    platform,
    definition(
      'echo one > x; echo ready; sleep 0.5; rm x; mkdir x; sleep 1.5; rmdir x; echo two > x; sleep 1',
    ),
  );
  await untilPrinted(platform, id, 'ready');
  using stream = await followFile(platform, id, 'x');
  const events = await stream.rest();
  expect(events.map(({ type, data }) => [type, data.text ?? data.reason ?? data.outcome])).toEqual([
    ['data', 'one\n'],
    ['restart', 'replaced'],
    ['data', 'two\n'],
    ['end', 'success'],
  ]);
  using later = await followFile(platform, id, 'x');
  await platform.call('DELETE', `/api/v2/jobs/${id}/`);
  await later.rest();
  expect(platform.log()).not.toContain('broke off');
});

test('many followers share one open file, and let it go with the last of them', async () => {
  await using platform = await startPlatform({ cores: 4 });
  const id = await startJob(platform);
  const streams = await Promise.all(
    Array.from({ length: 50 }, () => followFile(platform, id, 'process_output.log')),
  );
  const texts = await Promise.all(
    streams.map(async (stream) => {
      const events = await stream.until(({ data }) => data.start > 200);
      return events.map(({ data }) => data.text).join('');
    }),
  );
  const shortest = Math.min(...texts.map(({ length }) => length));
  expect(new Set(texts.map((text) => text.slice(0, shortest))).size).toBe(1);
  expect(openFiles(platform)).toHaveLength(1);
  for (const stream of streams) {
    stream[Symbol.dispose]();
  }
  await until(async () => openFiles(platform).length === 0, 'the end of the look');
});

test('a follower whose key is revoked, or whose job is deleted, is let go', async () => {
  await using platform = await startPlatform({ cores: 4 });
  const someone = await addUser(platform, 'follower@lab.example');
  const { id: keyId, key } = await makeApiKey(platform, { name: 'short' }, someone.key);
  const id = await startJob(platform, key);
  using byKey = await followFile(platform, id, 'process_output.log', { key });
  using byOwner = await followFile(platform, id, 'process_output.log', { key: someone.key });
  await byKey.next();
  await platform.call('DELETE', `/api/v2/users/me/api-keys/${keyId}/`, undefined, someone.key);
  expect((await byKey.rest()).filter(({ type }) => type === 'end')).toEqual([]);
  // The other one goes on, to the end of the run.
  await platform.call('POST', `/api/v2/jobs/${id}/stop/`, undefined, someone.key);
  expect((await byOwner.rest()).at(-1)).toMatchObject({ type: 'end', data: { outcome: 'stopped' } });
});

test('a server that stops lets its followers go at once, and they come again', async () => {
  await using platform = await startPlatform({ cores: 4 });
  const id = await startJob(platform);
  using stream = await followFile(platform, id, 'process_output.log');
  const last = (await stream.next())!.id;
  expect(await platform.stop()).toBe(0);
  await stream.rest();
  await platform.restart();
  using again = await followFile(platform, id, 'process_output.log', { last });
  const next = await again.until(({ type }) => type === 'data');
  expect(next.map(({ type }) => type)).toEqual(['data']);
  expect(next[0]!.data.start).toBe(Number(last!.split('-')[0]));
  await platform.call('POST', `/api/v2/jobs/${id}/stop/`);
  await reach(platform, id, 'Completed');
});

test('a reader who takes nothing holds nobody else up', async () => {
  await using platform = await startPlatform({ cores: 4 });
  const id = await submitJob(
    platform,
    definition('echo ready; while :; do seq 100000 200000 >> fast.txt; sleep 0.05; done'),
  );
  await untilPrinted(platform, id, 'ready');
  const { hostname, port } = new URL(platform.url);
  const sockets = Array.from({ length: 20 }, () => {
    const socket = connect(Number(port), hostname);
    socket.pause();
    socket.write(rawRequest(platform, 'GET', `/api/v2/jobs/${id}/runs/1/tail/fast.txt?follow=1`));
    return socket;
  });
  using stream = await followFile(platform, id, 'fast.txt');
  const events = await stream.until(({ data }) => data.start > 10_000_000);
  expect(events.at(-1)!.data.start).toBeGreaterThan(10_000_000);
  for (const socket of sockets) {
    socket.destroy();
  }
});
