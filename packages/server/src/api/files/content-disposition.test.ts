import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseDisposition } from './content-disposition.ts';

/** A header as it is on the wire: each character is a byte. */
const inUtf8 = (text: string) => Buffer.from(text, 'utf8').toString('latin1');
const nameIn = (parameters: string) => parseDisposition(`form-data; name="file"; ${parameters}`)?.fileName;
const refusalOf = (parameters: string) => parseDisposition(`form-data; name="file"; ${parameters}`)?.problem;

test.each<[string, string, string]>([
  ['plain', 'filename="mesh.inp"', 'mesh.inp'],
  ['without quotation marks', 'filename=mesh.inp', 'mesh.inp'],
  ['without quotation marks, with a blank inside', 'filename= my mesh.inp ; x=y', 'my mesh.inp'],
  ['with blanks around the sign', 'filename = "mesh.inp"', 'mesh.inp'],
  ['in capitals', 'FileName="Mesh.INP"', 'Mesh.INP'],
  ['empty', 'filename=""', ''],
  ['with a semicolon', 'filename="a; filename=b.txt"', 'a; filename=b.txt'],
  ['with escaped quotation marks, as curl once wrote them', 'filename="a\\"b\\\\c"', 'c'],
  ['with a quotation mark as browsers write it', 'filename="a%22b.txt"', 'a"b.txt'],
  ['with line breaks as browsers write them', 'filename="a%0D%0ab.txt"', 'a\r\nb.txt'],
  ['with other percent signs', 'filename="100%25 %41.txt"', '100%25 %41.txt'],
  ['with a path', 'filename="../dir/sub/mesh.inp"', 'mesh.inp'],
  ['with a path of Windows', 'filename="C:\\work\\mesh.inp"', 'mesh.inp'],
  ['with a relative path of Windows', 'filename="work\\mesh.inp"', 'mesh.inp'],
  ['in UTF-8', `filename="${inUtf8('größe 模型.inp')}"`, 'größe 模型.inp'],
  ['without an end', 'filename="mesh.inp', 'mesh.inp'],
  ['behind what is no parameter', 'x; =y; filename="mesh.inp"', 'mesh.inp'],
  ['extended', "filename*=UTF-8''%C3%A9%20%E6%A8%A1.txt", 'é 模.txt'],
  ['extended, with a language', "filename*=utf-8'en'%C3%A9.txt", 'é.txt'],
  ['extended, in Latin-1', "filename*=ISO-8859-1''%E9t%E9.txt", 'été.txt'],
  ['extended behind plain', 'filename="plain.txt"; filename*=utf-8\'\'%C3%A9.txt', 'é.txt'],
  ['extended before plain', 'filename*=utf-8\'\'%C3%A9.txt; filename="plain.txt"', 'é.txt'],
  ['extended, of which percent signs are undone once', "filename*=UTF-8''a%2522b.txt", 'a%22b.txt'],
  ['extended, with a backslash', "filename*=UTF-8''a%5Cb.txt", 'a\\b.txt'],
  ['extended, with a path', "filename*=UTF-8''dir%2Fmesh.inp", 'mesh.inp'],
  ['extended, with a path of Windows', "filename*=UTF-8''C%3A%5Cwork%5Cmesh.inp", 'mesh.inp'],
  ['extended but broken, beside plain', 'filename="plain.txt"; filename*=UTF-8\'\'%ZZ', 'plain.txt'],
  ['extended but not UTF-8, beside plain', 'filename="plain.txt"; filename*=UTF-8\'\'%E9', 'plain.txt'],
  [
    'extended in an unknown charset, beside plain',
    'filename="plain.txt"; filename*=KOI8-R\'\'%C1',
    'plain.txt',
  ],
])('a name %s', (_what, parameters, text) => {
  expect(nameIn(parameters)).toEqual({ text, isGuessed: false });
  expect(refusalOf(parameters)).toBeNull();
});

test('a name that is not UTF-8 is read as Windows-1252, which is Latin-1 and more, and counts as guessed', () => {
  expect(nameIn('filename="\xe9t\xe9.txt"')).toEqual({ text: 'été.txt', isGuessed: true });
  expect(nameIn('filename="5\x80.txt"')).toEqual({ text: '5€.txt', isGuessed: true });
});

test.each([
  ['two names', 'filename="a"; filename="b"'],
  ['two extended names', "filename*=UTF-8''a; filename*=UTF-8''b"],
  ['an extended name in an unknown charset alone', "filename*=KOI8-R''%C1"],
  ['an extended name that is not UTF-8 alone', "filename*=UTF-8''%E9"],
  ['an extended name without a charset', 'filename*=%C3%A9.txt'],
])('%s cannot be told', (_what, parameters) => {
  expect(nameIn(parameters)).toBeUndefined();
  expect(refusalOf(parameters)).toMatch(/\.$/);
});

test('a part without a name of a file is none', () => {
  expect(parseDisposition('form-data; name="typeId"')).toEqual({
    field: 'typeId',
    fileName: undefined,
    problem: null,
  });
  expect(parseDisposition('form-data')).toMatchObject({ field: undefined, fileName: undefined });
  expect(parseDisposition('attachment; filename="a"')).toBeNull();
});

test('two names of bytes never become one text', () => {
  const bytes = fc.uint8Array({ minLength: 1, maxLength: 4 }).map((array) => Buffer.from(array));
  fc.assert(
    fc.property(bytes, bytes, (one, other) => {
      fc.pre(!one.equals(other));
      const plain = (name: Buffer) =>
        nameIn(
          `filename*=UTF-8''${[...name].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('')}`,
        );
      const [first, second] = [plain(one), plain(other)];
      // With a slash only the last component counts.
      fc.pre(![one, other].some((name) => name.includes(0x2f) || name.includes(0x5c)));
      if (first !== undefined && second !== undefined) {
        expect(first.text).not.toBe(second.text);
      }
    }),
  );
});

test('whatever the header, it is read in time that grows with its length', () => {
  for (const piece of ['; filename="', ';', '"', '\\"', '; a=', "filename*=UTF-8''%", ' ']) {
    expect(() => parseDisposition(`form-data; ${piece.repeat(16_384 / piece.length)}`)).not.toThrow();
  }
});
