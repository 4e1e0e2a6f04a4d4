import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { placeFiles, receiveFile } from './put.ts';
import type { RoomTaken } from './room.ts';

const never = new AbortController().signal;

/** A device with something on it, and what was received for it. */
async function openDevice(base: string) {
  const [content, incoming] = [join(base, 'content'), join(base, 'incoming')];
  mkdirSync(join(content, 'taken'), { recursive: true });
  mkdirSync(incoming);
  writeFileSync(join(content, 'old'), 'as it was');
  writeFileSync(join(base, 'elsewhere'), 'elsewhere');
  symlinkSync('old', join(content, 'link'));
  let isKept = false;
  const room = { grow: () => undefined, keep: () => (isKept = true) } as unknown as RoomTaken;
  const directories = { contentOf: () => content, incomingOf: () => incoming };
  const put = { deviceId: 'ScRaTc', directories, room };
  const receive = async (target: string) => {
    const bytes = Buffer.from(`new ${target}`);
    const pieces = (async function* () {
      yield bytes;
    })();
    return { target, file: await receiveFile(put, pieces, { expectedBytes: bytes.length, signal: never }) };
  };
  const textOf = (path: string) => readFileSync(join(content, path), 'utf8');
  return { content, incoming, put, receive, textOf, isKept: () => isKept };
}

test('files that are placed together have their places, in those of what was there', async () => {
  await using base = await mkdtempDisposable(join(tmpdir(), 'quarry-put-'));
  const { content, incoming, put, receive, textOf, isKept } = await openDevice(base.path);
  await placeFiles(put, [await receive('old'), await receive('link'), await receive('in/deep/fresh')]);
  expect([textOf('old'), textOf('link'), textOf('in/deep/fresh')]).toEqual([
    'new old',
    'new link',
    'new in/deep/fresh',
  ]);
  expect(lstatSync(join(content, 'link')).isFile()).toBe(true);
  expect([readdirSync(incoming), isKept()]).toEqual([[], true]);
});

test('where one cannot have its place none has, and what was there is there again', async () => {
  await using base = await mkdtempDisposable(join(tmpdir(), 'quarry-put-'));
  const { content, incoming, put, receive, textOf, isKept } = await openDevice(base.path);
  const files = [];
  for (const target of ['fresh', 'link', 'old', 'taken', 'later']) {
    files.push(await receive(target));
  }
  await expect(placeFiles(put, files)).rejects.toMatchObject({ kind: 'conflict' });
  expect([existsSync(join(content, 'fresh')), existsSync(join(content, 'later'))]).toEqual([false, false]);
  expect(textOf('old')).toBe('as it was');
  expect(lstatSync(join(content, 'link')).isSymbolicLink()).toBe(true);
  expect([readdirSync(incoming), isKept()]).toEqual([[], false]);
});

test('the same name twice is given back to what was there before both', async () => {
  await using base = await mkdtempDisposable(join(tmpdir(), 'quarry-put-'));
  const { put, receive, textOf } = await openDevice(base.path);
  const files = [await receive('old'), await receive('old'), await receive('taken')];
  await expect(placeFiles(put, files)).rejects.toThrow();
  expect(textOf('old')).toBe('as it was');
});
