import { execFileSync } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { crc32, deflateRawSync, gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { type Header, pack } from 'tar-stream';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import yazl from 'yazl';
import { checkLinkTarget, entryParts } from '../src/archives/entry-name.ts';
import { archiveKind } from '../src/archives/kind.ts';
import { unpackArchive } from '../src/archives/unpack.ts';
import { Opened, openTrusted } from '../src/files/door.ts';
import { Snapshot } from '../src/outputs/snapshot.ts';
import { StopSwitch } from '../src/runs/stop-switch.ts';

let outside: string;
let work: string;
let notes: string[];

beforeEach(() => {
  outside = realpathSync(mkdtempSync(join(tmpdir(), 'quarry-archives-')));
  work = join(outside, 'work');
  execFileSync('mkdir', [work]);
  writeFileSync(join(outside, 'secret'), 'secret');
  notes = [];
});

afterEach(() => {
  // Nothing may ever be written beside the work directory.
  expect(readdirSync(outside).sort()).toEqual(['secret', 'work']);
  expect(readFileSync(join(outside, 'secret'), 'utf8')).toBe('secret');
  rmSync(outside, { recursive: true });
});

async function unpack(name: string, bytes: Buffer, limits = {}, taken: string[] = []): Promise<void> {
  writeFileSync(join(work, name), bytes);
  using directory = new Opened(openTrusted(work));
  await unpackArchive(name, {
    work: directory.fd,
    limits: { archiveEntries: 100, archiveExpandedBytes: 10e6, ...limits },
    taken: new Set([name, ...taken]),
    snapshot: new Snapshot(() => undefined),
    note: (text) => notes.push(text),
    stop: new StopSwitch(),
  });
}

/** Files below `directory`; links are not followed, since some tests put one that leads back up. */
function filesBelow(directory: string): string[] {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) {
      return filesBelow(path);
    }
    return entry.isFile() ? [relative(work, path)] : [];
  });
}

function contents(): Record<string, string> {
  return Object.fromEntries(
    filesBelow(work)
      .filter((name) => archiveKind(name) === null)
      .map((name) => [name, readFileSync(join(work, name), 'utf8')]),
  );
}

type TarEntry = Partial<Header> & { name: string; content?: string | Buffer };

async function tarOf(entries: TarEntry[]): Promise<Buffer> {
  const archive = pack();
  for (const { content, ...header } of entries) {
    archive.entry(header, content ?? '');
  }
  archive.finalize();
  return buffer(archive);
}

async function zipOf(
  entries: { name: string; content?: string; mode?: number; level?: number }[],
): Promise<Buffer> {
  const zip = new yazl.ZipFile();
  for (const { name, content = '', mode, level } of entries) {
    if (name.endsWith('/')) {
      zip.addEmptyDirectory(name);
    } else {
      zip.addBuffer(Buffer.from(content), name, { mode, compressionLevel: level });
    }
  }
  zip.end();
  return buffer(zip.outputStream);
}

/** A zip made by hand, since no library writes the names that an attacker does. */
function rawZip(
  name: Buffer | string,
  content: string,
  change: { size?: number; crc?: number; flags?: number } = {},
) {
  const rawName = Buffer.from(name as string);
  const data = deflateRawSync(content);
  const common = Buffer.alloc(26);
  common.writeUInt16LE(20, 0);
  common.writeUInt16LE(change.flags ?? 0, 2);
  common.writeUInt16LE(8, 4);
  common.writeUInt32LE(change.crc ?? crc32(content), 10);
  common.writeUInt32LE(data.length, 14);
  common.writeUInt32LE(change.size ?? Buffer.byteLength(content), 18);
  common.writeUInt16LE(rawName.length, 22);
  const local = Buffer.concat([Buffer.from('PK\x03\x04'), common, rawName, data]);
  const central = Buffer.concat([Buffer.from('PK\x01\x02\x14\x00'), common, Buffer.alloc(14), rawName]);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06');
  end.writeUInt16LE(1, 8);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(local.length, 16);
  return Buffer.concat([local, central, end]);
}

const BZIP2_OF_HELLO = Buffer.from('QlpoOTFBWSZTWcHAgOIAAAFBAAAQAkSgADDNAMNGKZcXckU4UJDBwIDi', 'base64');
const TREE = [
  { name: 'airfoil/', type: 'directory' as const },
  { name: 'airfoil/mesh.dat', content: 'mesh' },
  { name: 'run.sh', content: '#!/bin/bash\n', mode: 0o600 },
];

describe('formats', () => {
  const compressors: [string, (bytes: Buffer) => Buffer][] = [
    ['a.tar', (bytes) => bytes],
    ['a.tar.gz', gzipSync],
    ['a.TGZ', gzipSync],
    ['a.tar.zst', zstdCompressSync],
    ['a.tar.bz2', (bytes) => execFileSync('bzip2', ['-c'], { input: bytes })],
    ['a.tar.xz', (bytes) => execFileSync('xz', ['-c'], { input: bytes })],
  ];

  test.each(compressors)('%s is unpacked in place and stays', async (name, compress) => {
    await unpack(name, compress(await tarOf(TREE)));
    expect(contents()).toEqual({ 'airfoil/mesh.dat': 'mesh', 'run.sh': '#!/bin/bash\n' });
    expect(lstatSync(join(work, 'run.sh')).mode & 0o7777).toBe(0o755);
    expect(existsSync(join(work, name))).toBe(true);
    expect(notes).toEqual([]);
  });

  test('a zip is unpacked in place, with its folders, times and names in any encoding', async () => {
    await unpack('in.zip', await zipOf(TREE));
    expect(contents()).toEqual({ 'airfoil/mesh.dat': 'mesh', 'run.sh': '#!/bin/bash\n' });
    await unpack('names.zip', rawZip('d\\größe.txt', 'x'));
    await unpack('dos.zip', rawZip(Buffer.from([0x81, 0x2e, 0x74]), 'y'));
    expect(contents()).toMatchObject({ 'd/größe.txt': 'x', 'ü.t': 'y' });
  });

  test.each([
    ['hello.txt.gz', gzipSync('hello\n')],
    ['hello.txt.zst', zstdCompressSync('hello\n')],
    ['hello.txt.bz2', BZIP2_OF_HELLO],
    ['hello.txt.xz', execFileSync('xz', ['-c'], { input: 'hello\n' })],
  ])('%s becomes the file without its ending', async (name, bytes) => {
    await unpack(name, bytes);
    expect(contents()).toEqual({ 'hello.txt': 'hello\n' });
  });

  test('bzip2 of several streams and blocks is expanded whole', async () => {
    const big = Buffer.alloc(2_000_000, 'quarry stone ');
    const stream = (bytes: Buffer | string) =>
      execFileSync('bzip2', ['-c'], { input: bytes, maxBuffer: 1e8 });
    await unpack('b.bz2', Buffer.concat([stream(big), BZIP2_OF_HELLO, stream('end')]));
    expect(readFileSync(join(work, 'b'), 'utf8')).toBe(`${big}hello\nend`);
  });

  test('a wrong ending among compressed tars does not matter', async () => {
    await unpack('a.tar', gzipSync(await tarOf(TREE)));
    expect(Object.keys(contents())).toHaveLength(2);
  });

  test.each(['x.zip', 'x.tar', 'x.tar.gz', 'x.gz', 'x.xz'])(
    'a file %s that is none is left alone with a line in the log',
    async (name) => {
      await unpack(name, Buffer.from('just text'));
      expect(contents()).toEqual({});
      expect(notes).toEqual([expect.stringMatching(`^${name} was not unpacked: it is n`)]);
    },
  );

  test('gzipped text that is called a tar is left alone', async () => {
    await unpack('x.tgz', gzipSync('just text'));
    expect(notes).toEqual([expect.stringContaining('no tar archive')]);
  });

  test('long names, hard links and links inside are kept', async () => {
    const long = `${'d'.repeat(120)}/${'f'.repeat(200)}`;
    await unpack(
      'a.tar',
      await tarOf([
        { name: 'a', content: 'one' },
        { name: long, content: 'long' },
        { name: 'sub/hard', type: 'link', linkname: 'a' },
        { name: 'sub/soft', type: 'symlink', linkname: '../a' },
      ]),
    );
    expect(contents()).toEqual({ a: 'one', [long]: 'long', 'sub/hard': 'one' });
    expect(readFileSync(join(work, 'sub/soft'), 'utf8')).toBe('one');
    expect(lstatSync(join(work, 'sub/hard')).nlink).toBe(1);
  });

  test('an entry with the name of an input is left out, a directory with such a name is an error', async () => {
    writeFileSync(join(work, 'given'), 'given');
    await unpack(
      'a.tar',
      await tarOf([
        { name: './given', content: 'packed' },
        { name: 'other', content: 'x' },
      ]),
      {},
      ['given'],
    );
    expect(contents()).toEqual({ given: 'given', other: 'x' });
    expect(notes).toEqual([expect.stringContaining('the entry given was left out')]);
    const bytes = await tarOf([{ name: 'given/x', content: 'packed' }]);
    await expect(unpack('b.tar', bytes, {}, ['given'])).rejects.toMatchObject({ code: 'archive_broken' });
  });
});

describe('attacks', () => {
  const names = ['../evil', '/evil', 'a/../../evil', './../evil', 'C:\\evil', 'C:/evil'];

  test.each(names)('a tar entry %s is refused', async (name) => {
    await expect(unpack('a.tar', await tarOf([{ name, content: 'x' }]))).rejects.toMatchObject({
      code: 'archive_unsafe',
    });
  });

  test.each([...names, '..\\evil', 'evil\0.txt'])('a zip entry %j is refused', async (name) => {
    await expect(unpack('a.zip', rawZip(name, 'x'))).rejects.toMatchObject({ code: 'archive_unsafe' });
    expect(contents()).toEqual({});
  });

  test.each(['/etc/passwd', '../secret', 'x/../../secret', 'd/..', '', 'C:\\x'])(
    'a symbolic link to %j is refused',
    async (linkname) => {
      const tar = await tarOf([{ name: 'link', type: 'symlink', linkname }]);
      await expect(unpack('a.tar', tar)).rejects.toMatchObject({ code: 'archive_unsafe' });
      const zip = await zipOf([{ name: 'link', content: linkname, mode: 0o120777 }]);
      await expect(unpack('a.zip', zip)).rejects.toMatchObject({ code: 'archive_unsafe' });
      expect(existsSync(join(work, 'link'))).toBe(false);
    },
  );

  test('a zip can hold a link that stays inside', async () => {
    await unpack(
      'a.zip',
      await zipOf([
        { name: 'a', content: 'one' },
        { name: 'l', content: 'a', mode: 0o120777 },
      ]),
    );
    expect(readFileSync(join(work, 'l'), 'utf8')).toBe('one');
  });

  test.each(['../secret', '/etc/passwd', 'missing', 'dir'])(
    'a hard link to %s is refused',
    async (linkname) => {
      const tar = await tarOf([
        { name: 'dir/', type: 'directory' },
        { name: 'h', type: 'link', linkname },
      ]);
      await expect(unpack('a.tar', tar)).rejects.toMatchObject({ code: 'archive_unsafe' });
    },
  );

  test('nothing is written through a link, neither one of the archive nor one that was there', async () => {
    const through = await tarOf([
      { name: 'd', type: 'directory' },
      { name: 'l', type: 'symlink', linkname: 'd' },
      { name: 'l/x', content: 'x' },
    ]);
    await expect(unpack('a.tar', through)).rejects.toMatchObject({ code: 'archive_unsafe' });
    execFileSync('ln', ['-s', '../secret', join(work, 'out')]);
    execFileSync('ln', ['-s', '..', join(work, 'up')]);
    await unpack('b.tar', await tarOf([{ name: 'out', content: 'mine' }]));
    expect(contents()).toMatchObject({ out: 'mine' });
    await expect(unpack('c.tar', await tarOf([{ name: 'up/secret', content: 'x' }]))).rejects.toMatchObject({
      code: 'archive_unsafe',
    });
    await expect(
      unpack('d.tar', await tarOf([{ name: 'h', type: 'link', linkname: 'up/secret' }])),
    ).rejects.toMatchObject({ code: 'archive_unsafe' });
  });

  test.each(['character-device', 'block-device', 'fifo'] as const)('a %s is refused', async (type) => {
    const tar = await tarOf([{ name: 'dev', type, devmajor: 1, devminor: 3 }]);
    await expect(unpack('a.tar', tar)).rejects.toMatchObject({ code: 'archive_unsafe' });
  });

  test('a device in a zip is refused', async () => {
    await expect(unpack('a.zip', await zipOf([{ name: 'dev', mode: 0o020666 }]))).rejects.toMatchObject({
      code: 'archive_unsafe',
    });
  });

  test('nothing is setuid', async () => {
    await unpack('a.tar', await tarOf([{ name: 's', mode: 0o6755, content: 'x' }]));
    await unpack('b.zip', await zipOf([{ name: 't', mode: 0o104755, content: 'x' }]));
    for (const name of ['s', 't']) {
      expect(lstatSync(join(work, name)).mode & 0o7777).toBe(0o755);
    }
  });

  const zeros = Buffer.alloc(12_000_000);
  test.each([
    ['bomb.gz', () => gzipSync(zeros)],
    ['bomb.zst', () => zstdCompressSync(zeros)],
    ['bomb.bz2', () => execFileSync('bzip2', ['-c'], { input: zeros })],
    ['bomb.xz', () => execFileSync('xz', ['-c'], { input: zeros })],
    ['bomb.tar.gz', async () => gzipSync(await tarOf([{ name: 'z', content: zeros }]))],
    ['bomb.zip', () => zipOf([{ name: 'z', content: zeros.toString('latin1') }])],
  ])('%s is stopped at the limit of bytes, and leaves nothing', async (name, make) => {
    await expect(unpack(name, await make())).rejects.toMatchObject({
      code: 'archive_too_large',
      message: expect.stringContaining('10000000 bytes'),
    });
    expect(contents()).toEqual({});
  });

  test('too many entries are refused', async () => {
    const entries = Array.from({ length: 11 }, (_, index) => ({ name: `f${index}`, content: 'x' }));
    await expect(unpack('a.tar', await tarOf(entries), { archiveEntries: 10 })).rejects.toMatchObject({
      code: 'archive_too_large',
    });
    await expect(unpack('a.zip', await zipOf(entries), { archiveEntries: 10 })).rejects.toMatchObject({
      code: 'archive_too_large',
    });
  });

  test('a zip that is encrypted is refused by that name', async () => {
    await expect(unpack('a.zip', rawZip('x', 'content', { flags: 1 }))).rejects.toMatchObject({
      code: 'archive_unsupported',
      hint: expect.stringContaining('without a password'),
    });
  });

  test.each([
    ['a lying size', rawZip('x', 'content', { size: 3 })],
    ['a wrong check sum', rawZip('x', 'content', { crc: 1 })],
    ['a missing end', rawZip('x', 'content').subarray(0, 40)],
  ])('a zip with %s is called broken', async (_what, bytes) => {
    await expect(unpack('a.zip', bytes)).rejects.toMatchObject({ code: 'archive_broken' });
    expect(contents()).toEqual({});
  });

  test.each(['a.tar.gz', 'a.tar.xz', 'a.tar.bz2', 'a.tar.zst', 'a.tar'])(
    'a cut off %s is called broken',
    async (name) => {
      const noise = Buffer.from(Array.from({ length: 50_000 }, (_, index) => (index * 7919) % 251));
      const tar = await tarOf([{ name: 'n', content: noise }]);
      const whole = name.endsWith('.gz')
        ? gzipSync(tar)
        : name.endsWith('.zst')
          ? zstdCompressSync(tar)
          : name.endsWith('.tar')
            ? tar
            : execFileSync(name.endsWith('.xz') ? 'xz' : 'bzip2', ['-c'], { input: tar });
      await expect(unpack(name, whole.subarray(0, Math.floor(whole.length * 0.6)))).rejects.toMatchObject({
        code: 'archive_broken',
      });
      expect(contents()).toEqual({});
    },
  );

  test('a zip entry that is refused for its name does not fail once more for its size', async () => {
    const failed = Promise.withResolvers<Error>();
    process.once('uncaughtException', failed.resolve);
    try {
      await expect(unpack('a.zip', rawZip('../evil', 'content', { size: 300 }))).rejects.toMatchObject({
        code: 'archive_unsafe',
      });
      // Whatever still reads comes to its end before another archive has been read.
      await unpack('b.zip', rawZip('fine', 'x'.repeat(1_000_000)));
      expect(await Promise.race([failed.promise, 'nothing'])).toBe('nothing');
    } finally {
      process.off('uncaughtException', failed.resolve);
    }
  });

  test('a tar whose size nobody can read is called broken', async () => {
    const tar = Buffer.from(await tarOf([{ name: 'x', content: 'content' }]));
    tar[124] = 0xb1;
    tar.write('        ', 148);
    const sum = tar.subarray(0, 512).reduce((total, byte) => total + byte, 0);
    tar.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
    await expect(unpack('a.tar', tar)).rejects.toMatchObject({
      code: 'archive_broken',
      message: expect.stringContaining('size'),
    });
  });

  test('a tar header cannot make its reader hold gigabytes', async () => {
    const header = await tarOf([{ name: 'PaxHeader', content: '' }]);
    const lying = Buffer.from(header.subarray(0, 512));
    lying.write('x', 156);
    lying.write('77777777777\0', 124);
    lying.write('        ', 148);
    lying.write(
      `${lying
        .reduce((sum, byte) => sum + byte, 0)
        .toString(8)
        .padStart(6, '0')}\0 `,
      148,
    );
    await expect(unpack('a.tar', Buffer.concat([lying, Buffer.alloc(5_000_000)]))).rejects.toMatchObject({
      code: 'archive_broken',
    });
  });

  test('no name leads out of the work directory, and no link target that passes leaves it', () => {
    const part = fc.constantFrom('..', '.', '', 'a', 'b', '...', 'C:');
    const name = fc.array(part, { minLength: 1, maxLength: 8 }).map((parts) => parts.join('/'));
    fc.assert(
      fc.property(name, name, (entry, target) => {
        try {
          const parts = entryParts('x', entry);
          expect(
            parts.every((text) => text !== '..' && text !== '.' && text !== '' && !text.includes('/')),
          ).toBe(true);
          if (parts.length > 0) {
            checkLinkTarget('x', entry, parts, target);
            expect(join('/w', ...parts, '..', target).startsWith('/w')).toBe(true);
          }
        } catch (error) {
          expect(error).toMatchObject({ code: 'archive_unsafe' });
        }
      }),
    );
  });
});
