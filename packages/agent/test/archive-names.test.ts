/** Names in archives that are not UTF-8, do not say what they are, or say it in one of two places. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32, deflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { nameOfBytes, nameOfText } from '../src/archives/name.ts';
import { unpackArchive } from '../src/archives/unpack.ts';
import { Opened, openTrusted } from '../src/files/door.ts';
import { Snapshot } from '../src/outputs/snapshot.ts';
import { StopSwitch } from '../src/runs/stop-switch.ts';

let base: string;
let work: string;
let notes: string[];
let snapshot: Snapshot;
beforeEach(() => {
  base = realpathSync(mkdtempSync(join(tmpdir(), 'quarry-names-')));
  work = join(base, 'work');
  mkdirSync(work);
  notes = [];
  snapshot = new Snapshot(() => undefined);
});
afterEach(() => rmSync(base, { recursive: true }));

async function unpack(name: string, bytes: Buffer): Promise<void> {
  writeFileSync(join(work, name), bytes);
  using directory = new Opened(openTrusted(work));
  await unpackArchive(name, {
    work: directory.fd,
    limits: { archiveEntries: 1000, archiveExpandedBytes: 10e6 },
    taken: new Set([name]),
    snapshot,
    note: (text) => notes.push(text),
    stop: new StopSwitch(),
  });
}

const textOf = (path: string) => readFileSync(join(work, path), 'utf8');
const latin1 = (text: string) => Buffer.from(text, 'latin1');

interface TarEntry {
  name: Buffer | string;
  content?: string;
  type?: string;
  link?: Buffer;
}

/** A ustar header and what follows it; no library writes names that are not UTF-8. */
function tarEntry({ name, content = '', type = '0', link }: TarEntry): Buffer {
  const header = Buffer.alloc(512);
  Buffer.from(name as string).copy(header);
  header.write('0000644\0', 100);
  header.write(`${content.length.toString(8).padStart(11, '0')}\0`, 124);
  header.write('00000000000\0        ', 136);
  header.write(type, 156);
  link?.copy(header, 157);
  header.write('ustar\u000000', 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  const padding = Buffer.alloc((512 - (content.length % 512)) % 512);
  return Buffer.concat([header, latin1(content), padding]);
}

/** A pax header; texts hold a byte in each character. */
function pax(records: Record<string, string>, type = 'x'): Buffer {
  const content = Object.entries(records)
    .map(([key, value]) => {
      const rest = ` ${key}=${value}\n`;
      const digits = [1, 2, 3].find((count) => String(rest.length + count).length === count)!;
      return `${rest.length + digits}${rest}`;
    })
    .join('');
  return tarEntry({ name: 'pax', content, type });
}

const tar = (...parts: Buffer[]) => Buffer.concat([...parts, Buffer.alloc(1024)]);

interface ZipEntry {
  name: Buffer | string;
  content: string;
  isUtf8?: boolean;
  isOfUnix?: boolean;
  extra?: Buffer;
}

function zip(...entries: ZipEntry[]): Buffer {
  const locals: Buffer[] = [];
  const centrals: Buffer[] = [];
  let offset = 0;
  for (const { name, content, isUtf8 = false, isOfUnix = false, extra = Buffer.alloc(0) } of entries) {
    const raw = Buffer.from(name as string);
    const data = deflateRawSync(content);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(isUtf8 ? 0x800 : 0, 2);
    common.writeUInt16LE(8, 4);
    common.writeUInt32LE(crc32(content), 10);
    common.writeUInt32LE(data.length, 14);
    common.writeUInt32LE(Buffer.byteLength(content), 18);
    common.writeUInt16LE(raw.length, 22);
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), common, raw, data]);
    common.writeUInt16LE(extra.length, 24);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(offset, 10);
    const madeBy = Buffer.from([20, isOfUnix ? 3 : 0]);
    centrals.push(Buffer.concat([Buffer.from('PK\x01\x02'), madeBy, common, rest, raw, extra]));
    locals.push(local);
    offset += local.length;
  }
  const central = Buffer.concat(centrals);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06');
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...locals, central, end]);
}

/** The extra field of Info-ZIP that says a name in UTF-8 beside the one in an old encoding. */
function unicodePath(forName: Buffer, path: Buffer | string): Buffer {
  const text = Buffer.from(path as string);
  const field = Buffer.alloc(9);
  field.writeUInt16LE(0x7075, 0);
  field.writeUInt16LE(5 + text.length, 2);
  field.writeUInt8(1, 4);
  field.writeUInt32LE(crc32(forName), 5);
  return Buffer.concat([field, text]);
}

describe('a tar', () => {
  test.each(['ustar', 'gnu', 'pax', 'v7'])(
    'that tar has made of a name in Latin-1 (%s) is unpacked under that name in UTF-8, which the log says',
    async (format) => {
      const source = join(base, 'source');
      mkdirSync(source);
      writeFileSync(Buffer.concat([Buffer.from(`${source}/`), latin1('\xe9t\xe9.txt')]), 'content');
      const bytes = execFileSync('tar', [`--format=${format}`, '-C', source, '-cf', '-', '.']);
      await unpack('a.tar', bytes);
      expect(textOf('été.txt')).toBe('content');
      expect(notes).toEqual([
        'a.tar: 1 names are not UTF-8 and were read as Windows-1252, such as ./été.txt.',
      ]);
    },
  );

  test('of GNU tar with a name beyond 100 bytes is unpacked under that name', async () => {
    const source = join(base, 'source');
    mkdirSync(source);
    writeFileSync(Buffer.concat([Buffer.from(`${source}/`), latin1(`${'\xe9'.repeat(120)}`)]), 'content');
    await unpack('a.tar', execFileSync('tar', ['--format=gnu', '-C', source, '-cf', '-', '.']));
    expect(textOf('é'.repeat(120))).toBe('content');
  });

  test('with pax records in whatever encoding is unpacked under what they say', async () => {
    await unpack(
      'a.tar',
      tar(
        pax({ hdrcharset: 'BINARY', path: '\xe9.txt' }),
        tarEntry({ name: '?.txt', content: 'binary' }),
        pax({ path: Buffer.from('ü/模.txt').toString('latin1') }),
        tarEntry({ name: 'x', content: 'utf-8' }),
        pax({ comment: '\xff' }, 'g'),
        tarEntry({ name: 'plain.txt', content: 'plain' }),
        pax({ size: '5', mtime: '1700000000.5' }),
        tarEntry({ name: 'sized.txt', content: 'sized' }),
      ),
    );
    expect(['é.txt', 'ü/模.txt', 'plain.txt', 'sized.txt'].map(textOf)).toEqual([
      'binary',
      'utf-8',
      'plain',
      'sized',
    ]);
  });

  test.each([
    '0 path=x\n',
    '-5 path=x\n',
    'path=x\n',
    '99999999999999999999 path=x\n',
    '1.1e1 path=\n\n',
    '10 path',
    '9 path_x\n',
    '14 path=a.txt\n99 path=b.txt\n',
    '13 path=a.txt\n',
  ])('with the pax records %j is called broken', async (content) => {
    const entries = [tarEntry({ name: 'pax', content, type: 'x' }), tarEntry({ name: 'b', content: 'b' })];
    await expect(unpack('a.tar', tar(...entries))).rejects.toMatchObject({
      code: 'archive_broken',
      message: expect.stringContaining('pax header'),
    });
  });

  test('with zeros behind its pax records is unpacked', async () => {
    const records = tarEntry({ name: 'pax', content: '14 path=a.txt\n\0\0', type: 'x' });
    await unpack('a.tar', tar(records, tarEntry({ name: 'b', content: 'a' })));
    expect(textOf('a.txt')).toBe('a');
  });

  test('has its links read like its files', async () => {
    await unpack(
      'a.tar',
      tar(
        tarEntry({ name: latin1('\xe9'), content: 'target' }),
        tarEntry({ name: 'soft', type: '2', link: latin1('\xe9') }),
        tarEntry({ name: 'hard', type: '1', link: latin1('\xe9') }),
      ),
    );
    expect([textOf('soft'), textOf('hard')]).toEqual(['target', 'target']);
  });

  test('may hold directories in one encoding and names in another', async () => {
    const name = Buffer.concat([Buffer.from('größe/'), latin1('\xe9')]);
    await unpack('a.tar', tar(tarEntry({ name: 'größe/a', content: 'a' }), tarEntry({ name, content: 'e' })));
    expect([textOf('größe/a'), textOf('größe/é')]).toEqual(['a', 'e']);
  });

  test.each<[string, Buffer | string, Buffer | string]>([
    ['in UTF-8 and in Latin-1', 'é.txt', latin1('\xe9.txt')],
    ['in Latin-1 and in UTF-8', latin1('\xe9.txt'), 'é.txt'],
    ['below directories in UTF-8 and in Latin-1', 'é/a', latin1('\xe9/a')],
    ['below directories in Latin-1 and in UTF-8', latin1('\xe9/a'), 'é/b'],
  ])('with two names that read alike, %s, is refused', async (_what, one, other) => {
    const entries = tar(tarEntry({ name: one, content: 'one' }), tarEntry({ name: other, content: 'other' }));
    await expect(unpack('a.tar', entries)).rejects.toMatchObject({
      code: 'archive_broken',
      message: expect.stringContaining('take the place of another one'),
    });
  });

  test('with a name that reads like one of another archive is refused', async () => {
    await unpack('a.tar', tar(tarEntry({ name: 'é', content: 'one' })));
    await expect(
      unpack('b.tar', tar(tarEntry({ name: latin1('\xe9'), content: 'two' }))),
    ).rejects.toMatchObject({ code: 'archive_broken' });
    expect(textOf('é')).toBe('one');
  });

  test('with the same name again, as updating a tar leaves it, has the last one, which the log says', async () => {
    await unpack(
      'a.tar',
      tar(
        ...['first', 'second', 'third'].map((content) => tarEntry({ name: 'a', content })),
        tarEntry({ name: latin1('\xe9'), content: 'first' }),
        tarEntry({ name: latin1('./\xe9'), content: 'last' }),
      ),
    );
    expect([textOf('a'), textOf('é')]).toEqual(['third', 'last']);
    expect(notes).toContain(
      'a.tar: 3 entries replaced what an earlier entry or archive had put there, such as a.',
    );
    notes = [];
    await unpack('b.tar', tar(tarEntry({ name: 'a', content: 'of another archive' })));
    expect(textOf('a')).toBe('of another archive');
    expect(notes).toEqual([
      'b.tar: 1 entries replaced what an earlier entry or archive had put there, such as a.',
    ]);
  });

  test('never leads out by a name in another encoding', async () => {
    for (const name of ['../\xe9', '/\xe9', '\xe9/../../x']) {
      await expect(
        unpack('a.tar', tar(tarEntry({ name: latin1(name), content: 'x' }))),
      ).rejects.toMatchObject({ code: 'archive_unsafe' });
    }
    await expect(
      unpack('a.tar', tar(pax({ path: '../\xe9' }), tarEntry({ name: 'x', content: 'x' }))),
    ).rejects.toMatchObject({ code: 'archive_unsafe' });
  });
});

describe('a zip', () => {
  const inDos = Buffer.from([0x81, 0x2e, 0x74]);

  test('of before Unicode is read in the DOS code page, which the log says', async () => {
    await unpack('a.zip', zip({ name: inDos, content: 'dos' }));
    expect(textOf('ü.t')).toBe('dos');
    expect(notes).toEqual(['a.zip: 1 names are not UTF-8 and were read as DOS code page 437, such as ü.t.']);
  });

  test.each<[string, ZipEntry, string]>([
    ['UTF-8 that says so', { name: '模.txt', content: 'x', isUtf8: true }, '模.txt'],
    ['UTF-8 that does not say so', { name: '模.txt', content: 'x' }, '模.txt'],
    [
      'an old name with one in UTF-8 beside it',
      { name: inDos, content: 'x', extra: unicodePath(inDos, '模.txt') },
      '模.txt',
    ],
    [
      'UTF-8 beside which another name stands',
      { name: 'a.txt', content: 'x', extra: unicodePath(Buffer.from('a.txt'), 'ä.txt') },
      'ä.txt',
    ],
    [
      'one in UTF-8 beside it that was made for another name',
      { name: 'größe', content: 'x', extra: unicodePath(Buffer.from('renamed'), 'old') },
      'größe',
    ],
    [
      'one beside it that is not UTF-8',
      { name: 'größe', content: 'x', extra: unicodePath(Buffer.from('größe'), latin1('\xe9')) },
      'größe',
    ],
    ['backslashes, from Windows', { name: 'd\\a', content: 'x' }, 'd/a'],
    ['a backslash, from Unix', { name: 'd\\a', content: 'x', isOfUnix: true }, 'd\\a'],
  ])('with %s', async (_what, entry, path) => {
    await unpack('a.zip', zip(entry));
    expect(textOf(path)).toBe('x');
    expect(notes).toEqual([]);
  });

  test('that says UTF-8 of what is none keeps two names apart', async () => {
    await unpack(
      'a.zip',
      zip(
        { name: Buffer.from([0xff]), content: 'one', isUtf8: true },
        { name: Buffer.from([0xfe]), content: 'other', isUtf8: true },
      ),
    );
    expect(readFileSync(join(work, '\u00a0'), 'utf8')).toBe('one');
    expect(textOf('■')).toBe('other');
  });

  test.each<[string, ZipEntry, ZipEntry]>([
    ['in UTF-8 and in the DOS code page', { name: 'ü.t', content: 'one' }, { name: inDos, content: 'other' }],
    [
      'in the DOS code page and beside another',
      { name: inDos, content: 'one' },
      { name: 'x', content: 'other', extra: unicodePath(Buffer.from('x'), 'ü.t') },
    ],
  ])('with two names that read alike, %s, is refused', async (_what, one, other) => {
    await expect(unpack('a.zip', zip(one, other))).rejects.toMatchObject({
      code: 'archive_broken',
      message: expect.stringContaining('take the place of another one'),
    });
  });

  test('with the same name twice has the last one, which the log says', async () => {
    await unpack('a.zip', zip({ name: 'a', content: 'one' }, { name: 'a', content: 'other' }));
    expect(textOf('a')).toBe('other');
    expect(notes).toEqual([expect.stringContaining('1 entries replaced')]);
  });

  test('has links read to the end of a character that was cut by a piece', async () => {
    const target = `${'a'.repeat(40)}模`;
    await unpack('t.tar', tar(tarEntry({ name: target, content: 'there' })));
    const link = zip({ name: 'l', content: target, isOfUnix: true });
    link.writeUInt32LE((0o120777 << 16) >>> 0, link.indexOf('PK\x01\x02') + 38);
    await unpack('a.zip', link);
    expect(textOf('l')).toBe('there');
  });
});

test('different bytes are different names', () => {
  const bytes = fc.uint8Array({ maxLength: 4 }).map((array) => Buffer.from(array).toString('latin1'));
  fc.assert(
    fc.property(bytes, bytes, (one, other) => {
      fc.pre(one !== other);
      const [first, second] = [nameOfBytes(one), nameOfBytes(other)];
      // What reads alike is told apart by the bytes: at most one of the two is that text itself.
      if (first.text === second.text) {
        expect(first.bytes).not.toBe(second.bytes);
        expect([first.guessed, second.guessed]).not.toEqual([null, null]);
      }
      expect(nameOfText(first.text).text).toBe(first.text);
    }),
  );
});
