/** Archives as tools of all kinds write them: what can be unpacked is, and the rest is refused by its name. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, readlinkSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { crc32, deflateRawSync, zstdCompressSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import yazl from 'yazl';
import { unpackArchive } from '../src/archives/unpack.ts';
import { Opened, openTrusted } from '../src/files/door.ts';
import { Snapshot } from '../src/outputs/snapshot.ts';
import { StopSwitch } from '../src/runs/stop-switch.ts';

const INCREMENTAL = '--listed-incremental=../list';

let root: string;
let from: string;
let work: string;
let notes: string[];

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'quarry-archive-kinds-'));
  [from, work] = [join(root, 'from'), join(root, 'work')];
  mkdirSync(from);
  mkdirSync(work);
  notes = [];
});

afterEach(() => {
  rmSync(root, { recursive: true });
});

async function unpack(name: string, bytes: Buffer): Promise<void> {
  writeFileSync(join(work, name), bytes);
  using directory = new Opened(openTrusted(work));
  await unpackArchive(name, {
    work: directory.fd,
    limits: { archiveEntries: 100, archiveExpandedBytes: 10e6 },
    taken: new Set([name]),
    snapshot: new Snapshot(() => undefined),
    note: (text) => notes.push(text),
    stop: new StopSwitch(),
  });
}

const text = (name: string) => readFileSync(join(work, name), 'utf8');

describe('a tar of GNU tar', () => {
  const tar = (...options: string[]) => execFileSync('tar', ['-c', ...options], { cwd: from });
  beforeEach(() => {
    mkdirSync(join(from, 'd'));
    writeFileSync(join(from, 'd/kept.txt'), 'here');
  });

  test.each<[string, string[]]>([
    ['with a label', ['--format=gnu', '--label=volume']],
    ['with a label as POSIX has it', ['--format=posix', '--label=volume']],
    ['that is incremental', ['--format=gnu', INCREMENTAL]],
    ['that is incremental as POSIX has it', ['--format=posix', INCREMENTAL]],
  ])('%s is unpacked', async (_what, options) => {
    await unpack('a.tar', tar(...options, 'd'));
    expect(text('d/kept.txt')).toBe('here');
    expect(notes).toEqual([]);
  });

  test.each(['gnu', 'posix'])(
    'with sparse files of the format %s is refused by that name',
    async (format) => {
      execFileSync('truncate', ['-s', '1M', join(from, 'holes')]);
      await expect(
        unpack('a.tar', tar(`--format=${format}`, '--sparse', 'd', 'holes')),
      ).rejects.toMatchObject({
        code: 'archive_unsupported',
        message: expect.stringContaining('"holes" is a sparse file'),
        hint: expect.stringMatching(/without --sparse.*or submit it with decompress off/),
      });
    },
  );

  test('keeps the times of hard links', async () => {
    execFileSync('touch', ['-d', '2001-02-03T04:05:06Z', join(from, 'd/kept.txt')]);
    execFileSync('ln', [join(from, 'd/kept.txt'), join(from, 'd/other.txt')]);
    await unpack('a.tar', tar('d'));
    for (const name of ['d/kept.txt', 'd/other.txt']) {
      expect([text(name), statSync(join(work, name)).mtime]).toEqual([
        'here',
        new Date('2001-02-03T04:05:06Z'),
      ]);
    }
  });

  test('makes a link of a hard link to one, and nothing of one to itself', async () => {
    execFileSync('ln', ['-s', 'd/kept.txt', join(from, 'link')]);
    execFileSync('ln', ['-P', join(from, 'link'), join(from, 'linked')]);
    await unpack('a.tar', tar('d', 'link', 'linked', 'd/kept.txt', 'link'));
    expect([readlinkSync(join(work, 'link')), readlinkSync(join(work, 'linked'))]).toEqual([
      'd/kept.txt',
      'd/kept.txt',
    ]);
    expect(text('linked')).toBe('here');
  });

  test('cannot lead out by a hard link to a link that was there', async () => {
    writeFileSync(join(from, 'out'), '');
    execFileSync('ln', [join(from, 'out'), join(from, 'taken')]);
    const linked = tar('out', 'taken').subarray(512);
    execFileSync('ln', ['-s', '/etc/passwd', join(work, 'out')]);
    // The archive begins behind what its link is to.
    await expect(unpack('a.tar', linked)).rejects.toMatchObject({
      code: 'archive_unsafe',
    });
  });
});

describe('a zip', () => {
  /** With one entry, whose bytes are as that method has them. */
  function zipOf(method: number, data: Buffer, content: string): Buffer {
    const common = Buffer.alloc(26);
    common.writeUInt16LE(63, 0);
    common.writeUInt16LE(method, 4);
    common.writeUInt32LE(crc32(content), 10);
    common.writeUInt32LE(data.length, 14);
    common.writeUInt32LE(content.length, 18);
    common.writeUInt16LE(1, 22);
    const name = Buffer.from('a');
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), common, name, data]);
    const central = Buffer.concat([Buffer.from('PK\x01\x02\x3f\x00'), common, Buffer.alloc(14), name]);
    const end = Buffer.alloc(22);
    end.write('PK\x05\x06');
    end.writeUInt16LE(1, 8);
    end.writeUInt16LE(1, 10);
    end.writeUInt32LE(central.length, 12);
    end.writeUInt32LE(local.length, 16);
    return Buffer.concat([local, central, end]);
  }
  const content = 'quarry '.repeat(1000);
  const by = (program: string) => execFileSync(program, ['-c'], { input: content });

  test.each<[string, number, () => Buffer]>([
    ['nothing', 0, () => Buffer.from(content)],
    ['Deflate', 8, () => deflateRawSync(content)],
    ['bzip2', 12, () => by('bzip2')],
    ['Zstandard', 93, () => zstdCompressSync(content)],
    ['xz', 95, () => by('xz')],
  ])('compressed by %s is unpacked, and checked', async (_name, method, data) => {
    await unpack('a.zip', zipOf(method, data(), content));
    expect(text('a')).toBe(content);
    await expect(unpack('b.zip', zipOf(method, data(), content.replace('q', 'Q')))).rejects.toMatchObject({
      code: 'archive_broken',
    });
    await expect(unpack('c.zip', zipOf(method, data().subarray(0, -9), content))).rejects.toMatchObject({
      code: 'archive_broken',
    });
  });

  test.each([
    [9, 'Deflate64'],
    [14, 'LZMA'],
    [98, 'PPMd'],
    [4711, 'method 4711'],
  ])('compressed by method %i is refused as %s, with a way out', async (method, name) => {
    await expect(unpack('a.zip', zipOf(method, Buffer.from('x'), content))).rejects.toMatchObject({
      code: 'archive_unsupported',
      message: expect.stringContaining(`compressed by ${name},`),
      hint: expect.stringMatching(/Deflate.*\.tar\.gz, or submit it with decompress off/),
    });
  });

  async function zipOfTwo(zip64 = false): Promise<Buffer> {
    const zip = new yazl.ZipFile();
    zip.addBuffer(Buffer.from(content), 'a', { forceZip64Format: zip64 });
    zip.addBuffer(Buffer.from('b'), 'd/b', { forceZip64Format: zip64 });
    zip.end({ forceZip64Format: zip64, comment: 'of two' });
    return buffer(zip.outputStream as NodeJS.ReadableStream);
  }

  test.each<[string, number, number, boolean]>([
    ['before it', 3000, 0, false],
    ['behind it', 0, 700_000, false],
    ['on both sides', 1, 1, false],
    ['before it, of the large form', 4097, 0, true],
    ['behind it, of the large form', 0, 5, true],
  ])('with other bytes %s is unpacked, which is noted', async (_where, before, behind, isLarge) => {
    const noise = (bytes: number) => Buffer.alloc(bytes, '#!/bin/sh PK\x05\x06 PK\x03\x04 ', 'latin1');
    await unpack('a.zip', Buffer.concat([noise(before), await zipOfTwo(isLarge), noise(behind)]));
    expect([text('a'), text('d/b')]).toEqual([content, 'b']);
    expect(notes).toEqual([
      `a.zip: ${before} bytes before the archive in it and ${behind} behind it were left out.`,
    ]);
  });

  test('alone, with a comment and of the large form, is unpacked without a word', async () => {
    for (const isLarge of [false, true]) {
      await unpack('a.zip', await zipOfTwo(isLarge));
      expect([text('d/b'), notes.filter((note) => !note.includes('replaced'))]).toEqual(['b', []]);
    }
  });

  test('that only looks like one is left alone, and one that is cut off is broken', async () => {
    await unpack('a.zip', Buffer.from(`text PK\x05\x06${'\xff'.repeat(30)}`, 'latin1'));
    expect(notes).toEqual(['a.zip was not unpacked: it is no zip archive in spite of its name.']);
    const cut = (await zipOfTwo()).subarray(0, -30);
    await expect(unpack('b.zip', cut)).rejects.toMatchObject({ code: 'archive_broken' });
  });
});
