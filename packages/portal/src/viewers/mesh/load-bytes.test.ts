import { expect, test } from 'vitest';
import type { ByteSource } from '../byte-source.ts';
import { MAX_MESH_BYTES } from './limits.ts';
import { loadBytes } from './load-bytes.ts';

/** A file of which the first bytes are `head`, and how much of it has been read. */
function fileOf(head: string, size: number) {
  const asked: [number, number][] = [];
  const start = new TextEncoder().encode(head);
  const source: ByteSource = {
    key: 'a',
    read: async (from, to, signal) => {
      signal?.throwIfAborted();
      asked.push([from, to]);
      const bytes = new Uint8Array(Math.max(0, Math.min(to, size) - from)).fill(120);
      if (from === 0) {
        bytes.set(start.subarray(0, bytes.length));
      }
      return { bytes, size };
    },
  };
  return { source, asked };
}

const load = (source: ByteSource, name: string, signal = new AbortController().signal) => {
  const seen: number[] = [];
  return loadBytes(source, { name, signal, onProgress: (loaded) => seen.push(loaded) }).then((bytes) => ({
    bytes,
    seen,
  }));
};

test('a file is loaded in parts, and told how far it is', async () => {
  const size = 20 * 1024 * 1024;
  const { source } = fileOf('solid', size);
  const { bytes, seen } = await load(source, 'a.stl');
  expect(bytes.length).toBe(size);
  expect(new TextDecoder().decode(bytes.subarray(0, 7))).toBe('solidxx');
  expect(bytes.every((byte) => byte !== 0)).toBe(true);
  expect(seen.length).toBeGreaterThan(2);
  expect(seen.at(-1)).toBe(size);
});

test('what is too large, or has too many points, is refused when only its head has been read', async () => {
  const large = fileOf('solid', MAX_MESH_BYTES + 1);
  await expect(load(large.source, 'a.stl')).rejects.toThrow('takes up to 537 MB');
  const many = fileOf('<VTKFile type="PolyData"><Piece NumberOfPoints="20000001">', 1_000_000);
  await expect(load(many.source, 'a.vtp')).rejects.toThrow('20,000,001 points');
  const other = fileOf('MZ', 1_000_000);
  await expect(load(other.source, 'a.exe')).rejects.toThrow('none of the formats');
  expect([large.asked.length, many.asked.length, other.asked.length]).toEqual([1, 1, 1]);
});

test('loading ends when nobody waits for it any more, and when the file has become shorter', async () => {
  const leave = new AbortController();
  const { source, asked } = fileOf('solid', 100 * 1024 * 1024);
  const stopped: ByteSource = {
    key: 'a',
    read: (from, to, signal) => {
      if (asked.length === 2) {
        leave.abort();
      }
      return source.read(from, to, signal);
    },
  };
  await expect(load(stopped, 'a.stl', leave.signal)).rejects.toThrow(/abort/i);
  expect(asked.length).toBe(2);
  const shrunk = fileOf('solid', 1_000_000);
  const shorter: ByteSource = {
    key: 'a',
    read: async (from, to) =>
      from === 0 ? await shrunk.source.read(from, to) : { bytes: new Uint8Array(), size: from },
  };
  await expect(load(shorter, 'a.stl')).rejects.toThrow('ends in the middle');
});
