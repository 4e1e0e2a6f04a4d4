import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ByteSource } from '../byte-source.ts';
import type { ArchiveEntry } from './entry.ts';
import { readArchive } from './read-archive.ts';
import { isTakeable, takeEntry } from './take-entry.ts';

const LONG = `${'directory/'.repeat(20)}${'n'.repeat(120)}.txt`;
const FILES: Record<string, string> = {
  'a.txt': 'one\n',
  'sub/größe 模型.inp': 'two',
  'sub/empty': '',
  'noise.bin': Array.from({ length: 50_000 }, (_, index) =>
    String.fromCharCode(33 + ((index * 7919) % 90)),
  ).join(''),
  [LONG]: 'far down',
};

let root: string;

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'quarry-archives-'));
  for (const [path, text] of Object.entries(FILES)) {
    mkdirSync(join(root, 'in', path, '..'), { recursive: true });
    writeFileSync(join(root, 'in', path), text);
  }
  symlinkSync('a.txt', join(root, 'in/link'));
});
afterAll(() => rmSync(root, { recursive: true }));

function make(name: string, program: string, ...options: string[]): Uint8Array {
  execFileSync(program, [...options, join(root, name), '.'], { cwd: join(root, 'in') });
  return new Uint8Array(readFileSync(join(root, name)));
}

/** Counts what is read of it. */
function sourceOf(bytes: Uint8Array): ByteSource & { readBytes: number } {
  return {
    key: 'x',
    readBytes: 0,
    async read(start, end) {
      const part = bytes.subarray(start, end);
      this.readBytes += part.length;
      return { bytes: part, size: bytes.length };
    },
  };
}

const never = new AbortController().signal;
const plain = ({ path }: ArchiveEntry) => path.replace(/^\.\//, '');

async function list(bytes: Uint8Array) {
  const { entries, isCut } = await readArchive(sourceOf(bytes), never);
  expect(isCut).toBe(false);
  return entries;
}

test.each<[string, () => Uint8Array]>([
  ['a zip', () => make('a.zip', 'zip', '-qry')],
  ['a zip without packing', () => make('b.zip', 'zip', '-qry0')],
  ['a zip as Python writes it', () => make('c.zip', 'python3', '-m', 'zipfile', '-c')],
  ['a zip of 64 bits', () => make('d.zip', 'zip', '-qry', '-fz')],
  ['a tar of GNU', () => make('a.tar', 'tar', '--format=gnu', '-cf')],
  ['a tar of POSIX', () => make('b.tar', 'tar', '--format=posix', '-cf')],
])('%s is listed, and its entries are taken out', async (_, build) => {
  const bytes = build();
  const entries = await list(bytes);
  const source = sourceOf(bytes);
  for (const [path, text] of Object.entries(FILES)) {
    const entry = entries.find((each) => plain(each) === path)!;
    expect(entry, path).toMatchObject({ kind: 'file', sizeBytes: new TextEncoder().encode(text).length });
    expect(isTakeable(entry)).toBe(true);
    expect(new TextDecoder().decode(await takeEntry(source, entry))).toBe(text);
    expect(Math.abs(entry.date!.getTime() - Date.now())).toBeLessThan(86_400_000);
  }
  expect(entries.find((each) => plain(each) === 'sub/')?.kind ?? 'directory').toBe('directory');
});

test('a tar that gzip has packed is listed', async () => {
  const entries = await list(make('a.tar.gz', 'tar', '-czf'));
  expect(entries.map(plain).filter((path) => path in FILES)).toHaveLength(Object.keys(FILES).length);
  expect(entries.find((each) => plain(each) === 'link')?.kind).toBe('link');
  expect(entries.some(isTakeable)).toBe(false);
});

test('of a large tar only the headers are read', async () => {
  writeFileSync(join(root, 'large'), new Uint8Array(8 * 1024 * 1024));
  execFileSync('tar', ['-cf', join(root, 'large.tar'), 'large', 'large', 'in/a.txt'], { cwd: root });
  const source = sourceOf(new Uint8Array(readFileSync(join(root, 'large.tar'))));
  const { entries } = await readArchive(source, never);
  expect(entries.map(({ path }) => path).at(-1)).toBe('in/a.txt');
  expect(source.readBytes).toBeLessThan(2 * 1024 * 1024);
});

test('what is no archive, is cut off or damaged is told, and never listed as if it were whole', async () => {
  const zip = make('e.zip', 'zip', '-qry');
  const tar = make('e.tar', 'tar', '-cf');
  for (const bytes of [
    new TextEncoder().encode('no archive'.repeat(100)),
    zip.subarray(0, zip.length - 30),
    tar.subarray(0, tar.length - tar.length / 2),
    new Uint8Array(gzipSync('no tar'.repeat(1000))),
    make('e.tar.gz', 'tar', '-czf').subarray(0, 200),
  ]) {
    await expect(readArchive(sourceOf(bytes), never)).rejects.toThrow();
  }
  await expect(readArchive(sourceOf(new Uint8Array()), never)).resolves.toEqual({
    entries: [],
    isCut: false,
  });

  const entries = await list(zip);
  const entry = entries.find((each) => plain(each) === 'noise.bin')!;
  const damaged = zip.slice();
  damaged[entry.content!.offset + 200]! ^= 0xff;
  await expect(takeEntry(sourceOf(damaged), entry)).rejects.toThrow();
  await expect(takeEntry(sourceOf(zip), { ...entry, sizeBytes: 10 })).rejects.toThrow(/longer than it says/);
  await expect(
    takeEntry(sourceOf(zip), { ...entry, content: { ...entry.content!, crc32: 1 } }),
  ).rejects.toThrow(/damaged/);
});

test('names that would lead out of a directory are texts like others', async () => {
  writeFileSync(
    join(root, 'evil.py'),
    'import sys, zipfile\nz = zipfile.ZipFile(sys.argv[1], "w")\nz.writestr("../../etc/passwd", "x")\n',
  );
  execFileSync('python3', [join(root, 'evil.py'), join(root, 'evil.zip')]);
  const entries = await list(new Uint8Array(readFileSync(join(root, 'evil.zip'))));
  expect(entries.map(({ path }) => path)).toEqual(['../../etc/passwd']);
});

test('numbers that are made up move nobody back, and nothing is fetched for a size that is', async () => {
  const tar = make('f.tar', 'tar', '-cf');
  const entry = (await list(tar)).find((each) => plain(each) === 'noise.bin')!;
  const header = entry.content!.offset - 512;
  const forged = tar.slice();
  forged.set(new TextEncoder().encode('-0000002000\0'), header + 124);
  forged.fill(32, header + 148, header + 156);
  const sum = forged.subarray(header, header + 512).reduce((total, byte) => total + byte, 0);
  forged.set(new TextEncoder().encode(`${sum.toString(8).padStart(6, '0')}\0`), header + 148);
  await expect(readArchive(sourceOf(forged), never)).rejects.toThrow(/damaged/);
  expect(isTakeable({ ...entry, sizeBytes: 5, content: { ...entry.content!, packedBytes: 2 ** 40 } })).toBe(
    false,
  );
});

test('a date that is none is left out, and the entry is listed all the same', async () => {
  writeFileSync(
    join(root, 'dates.py'),
    'import sys, tarfile\nt = tarfile.open(sys.argv[1], "w", format=tarfile.PAX_FORMAT)\n' +
      'for name, mtime in (("a", "never"), ("b", "1e300"), ("c", "5")):\n' +
      '    entry = tarfile.TarInfo(name)\n    entry.pax_headers = {"mtime": mtime}\n    t.addfile(entry)\nt.close()\n',
  );
  execFileSync('python3', [join(root, 'dates.py'), join(root, 'dates.tar')]);
  const entries = await list(new Uint8Array(readFileSync(join(root, 'dates.tar'))));
  expect(entries.map(({ path, date }) => [path, date])).toEqual([
    ['a', null],
    ['b', null],
    ['c', new Date(5000)],
  ]);
});
