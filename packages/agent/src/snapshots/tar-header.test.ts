import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readTar } from '../archives/tar.ts';
import type { RawName } from '../files/raw-name.ts';
import { padding, type TarEntry, tarHeader } from './tar-header.ts';

/** Names are bytes: any but a slash and NUL, of up to 255. */
const name = fc
  .uint8Array({ minLength: 1, maxLength: 255 })
  .map((bytes) =>
    Buffer.from(bytes.map((byte) => (byte === 0 || byte === 0x2f ? 0x61 : byte))).toString('latin1'),
  )
  .filter((text) => text !== '.' && text !== '..');
const path = fc.array(name, { minLength: 1, maxLength: 4 }).map((names) => names.join('/') as RawName);

const entry: fc.Arbitrary<TarEntry & { bytes: Buffer }> = fc
  .record({
    kind: fc.constantFrom('file', 'directory', 'symlink', 'link'),
    name: path,
    target: path,
    mode: fc.integer({ min: 0, max: 0o777 }),
    modifiedSeconds: fc.integer({ min: 0, max: 2 ** 33 - 1 }),
    bytes: fc.uint8Array({ maxLength: 1500 }).map((bytes) => Buffer.from(bytes)),
  })
  .map(({ kind, target, bytes, ...rest }) => {
    const isLink = kind === 'symlink' || kind === 'link';
    const content = kind === 'file' ? bytes : Buffer.alloc(0);
    return { kind, ...rest, bytes: content, sizeBytes: content.length, ...(isLink && { target }) };
  });

test('what is written is read again: names and targets byte by byte, whatever their length', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(entry, { maxLength: 8 }), async (entries) => {
      const archive = Buffer.concat([
        ...entries.flatMap((each) => [tarHeader(each), each.bytes, padding(each.bytes.length)]),
        Buffer.alloc(1024),
      ]);
      async function* content(): AsyncGenerator<Buffer> {
        yield archive;
      }
      const read: unknown[] = [];
      for await (const found of readTar(content())) {
        const chunks: Buffer[] = [];
        for await (const chunk of found) {
          chunks.push(chunk);
        }
        const { type, name, mode, mtime, linkname } = found.header;
        read.push([
          type,
          name.replace(/\/$/, ''),
          mode,
          mtime!.getTime() / 1000,
          linkname ?? null,
          Buffer.concat(chunks).toString('hex'),
        ]);
      }
      expect(read).toEqual(
        entries.map(({ kind, name, mode, modifiedSeconds, target, bytes }) => [
          kind,
          name,
          mode,
          modifiedSeconds,
          target ?? null,
          bytes.toString('hex'),
        ]),
      );
    }),
  );
});

test('a file that is too large for the field of its size has it in a record of its own', () => {
  const header = tarHeader({
    kind: 'file',
    name: 'large' as RawName,
    mode: 0o644,
    modifiedSeconds: 0,
    sizeBytes: 2 ** 40,
  });
  expect(header.toString('latin1')).toContain(`size=${2 ** 40}\n`);
});
