/** Files to and from storage devices, compared with their digests. */
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { runQuarry } from '../../../testing/run-quarry.ts';
import { type Route, startSmallPlatform } from '../../../testing/small-platform.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'quarry-storage-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const field = (text: string) => `sha-512=:${createHash('sha512').update(text).digest('base64')}:`;
const CONTENTS = '/api/v2/storage-devices/abcDEF/contents/log';

/** Sends some bytes each time, with what is said of them. */
async function get(...answers: [sent: string, digest: string | null][]) {
  const asked: unknown[] = [];
  const route: Route = ({ headers }) => {
    asked.push([headers.range, headers['want-content-digest']]);
    const [sent, digest] = answers[Math.min(asked.length, answers.length) - 1]!;
    return {
      status: 206,
      headers: {
        'content-range': `bytes 0-${sent.length - 1}/${sent.length}`,
        ...(digest !== null && { 'content-digest': digest }),
      },
      body: Buffer.from(sent),
    };
  };
  await using platform = await startSmallPlatform({ [`GET ${CONTENTS}`]: route });
  const ended = await runQuarry(['storage', 'get', 'abcDEF:log', '--output', folder], platform);
  return { ...ended, asked };
}

test('what is fetched is compared with its digest, and asked for again when it is another', async () => {
  const { exitCode, asked } = await get(['changed', field('before')], ['right', field('right')]);
  expect(exitCode).toBe(0);
  expect(asked).toEqual(Array(2).fill(['bytes=0-67108863', 'sha-512=1']));
  expect(await readFile(join(folder, 'log'), 'utf8')).toBe('right');
});

test('what is never as it is said to be leaves no file', async () => {
  const { exitCode, stderr, asked } = await get(['wrong', field('right')]);
  expect(exitCode).not.toBe(0);
  expect(stderr).toContain('otherwise than it was sent');
  expect(asked).toHaveLength(3);
  expect(await readdir(folder)).toEqual([]);
});

test('a platform that says nothing of its bytes is believed', async () => {
  expect((await get(['plain', null])).exitCode).toBe(0);
  expect(await readFile(join(folder, 'log'), 'utf8')).toBe('plain');
});

test('what is put there says its digest', async () => {
  const said: unknown[] = [];
  await using platform = await startSmallPlatform({
    [`PUT ${CONTENTS}`]: ({ headers, body }) => {
      said.push(headers['repr-digest']);
      return { status: 201, body: { path: 'log', sizeBytes: body.length } };
    },
  });
  const path = join(folder, 'log');
  await writeFile(path, 'hello');
  expect((await runQuarry(['storage', 'put', 'abcDEF', path], platform)).exitCode).toBe(0);
  expect(said).toEqual([field('hello')]);
});
