import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { allTexts, csv, plan, refusal } from '../../../test/plan-harness.ts';
import { LIMITS } from '../../limits.ts';

async function read(content: string | Buffer): Promise<{ names: string[]; rows: string[][] }> {
  const found = await plan({ paramFile: csv(content) });
  return { names: found.variables.map(({ name }) => name), rows: allTexts(found) };
}

async function whyNot(content: string | Buffer): Promise<string> {
  const body = await refusal(plan({ paramFile: csv(content) }));
  expect(Object.keys(body)).toEqual(['paramFile']);
  return (body.paramFile as string[]).join(' ');
}

describe('a parameter file', () => {
  it('names its variables in the first line and has a run in every other', async () => {
    const { names, rows } = await read('velocity,angle\n1.0,0\n2.50,1e-3\n');
    expect(names).toEqual(['velocity', 'angle']);
    expect(rows).toEqual([
      ['1.0', '0'],
      ['2.50', '1e-3'],
    ]);
  });

  it('keeps texts verbatim but for blanks around commas', async () => {
    const { names, rows } = await read(
      '  a , b\t\n 007 ,+1.0E+05 \n"  x  ",  k-ω "SST" \n'.replace(' "SST"', ''),
    );
    expect(names).toEqual(['a', 'b']);
    expect(rows).toEqual([
      ['007', '+1.0E+05'],
      ['  x  ', 'k-ω'],
    ]);
  });

  it('reads quotes, and commas, quotes and line ends inside them', async () => {
    expect((await read('a,b\n"1,5","say ""x"""\r\n"two\nlines",\n"",""\n')).rows).toEqual([
      ['1,5', 'say "x"'],
      ['two\nlines', ''],
      ['', ''],
    ]);
  });

  it.each([
    ['CRLF', 'a,b\r\n1,2\r\n3,4\r\n'],
    ['CR', 'a,b\r1,2\r3,4'],
    ['LF', 'a,b\n1,2\n3,4'],
    ['mixed line ends', 'a,b\r\n1,2\n3,4\r\n'],
    ['empty lines at its end', 'a,b\n1,2\n3,4\n\n  \r\n\n'],
    ['a byte order mark', '\ufeffa,b\n1,2\n3,4\n'],
    ['a byte order mark and quoted names', '\ufeff"a","b"\n1,2\n3,4\n'],
  ])('may have %s', async (_, text) => {
    expect(await read(text)).toEqual({
      names: ['a', 'b'],
      rows: [
        ['1', '2'],
        ['3', '4'],
      ],
    });
  });

  it('of one variable may have empty texts, in quotes', async () => {
    expect((await read('a\n1\n""\n2\n')).rows).toEqual([['1'], [''], ['2']]);
  });

  it('reads back whatever a writer of RFC 4180 wrote', async () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 8 }).filter((each) => !each.includes('\0'));
    const table = fc.array(fc.array(text, { minLength: 2, maxLength: 2 }), { minLength: 1, maxLength: 6 });
    const lineEnd = fc.constantFrom('\n', '\r\n');
    const quoted = (cells: string[]) => cells.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(',');
    await fc.assert(
      fc.asyncProperty(table, lineEnd, async (rows, end) => {
        const written = ['a,b', ...rows.map(quoted)].join(end);
        expect((await read(written)).rows).toEqual(rows);
      }),
    );
  });
});

describe('a parameter file is refused, with line and column,', () => {
  it.each([
    [
      'a row with a value too few',
      'a,b\n1,2\n3\n',
      /^Line 3, column 2: the value of "b" is missing: there is 1 value for 2 names\.$/,
    ],
    [
      'a row with a value too many',
      'a,b\n1,2\n3,4,5\n',
      /^Line 3, column 3: there is a value without a name: there are 3 values for 2 names\. Values with commas in them need quotes\.$/,
    ],
    ['a comma at the end of a row', 'a,b\n1,2,\n', /^Line 2, column 3: there is a value without a name/],
    [
      'a name that is there twice',
      'a,b, a\n1,2,3\n',
      /^Line 1, column 3: "a" is the name of column 1 already\.$/,
    ],
    ['a name that is missing', 'a, ,c\n1,2,3\n', /^Line 1, column 2: the name of the variable is missing\.$/],
    [
      'a name with a control character',
      'a,"b\nc"\n1,2\n',
      /^Line 1, column 2: a name has at most 255 characters and no control/,
    ],
    ['no rows', 'a,b\n', /^Line 2: the file has no rows below the names of the variables\.$/],
    ['no rows but empty lines', 'a,b\n\n\n', /^Line 2: the file has no rows/],
    ['nothing at all', '', /^The file is empty; its first line must name the variables\.$/],
    ['nothing but a byte order mark', '\ufeff', /^The file is empty/],
    ['nothing but blanks', ' \n\n', /^The file is empty/],
    [
      'an empty line between rows',
      'a\n1\n\n2\n',
      /^Line 3, column 1: the line is empty; leave it out, or write "" for an empty text\.$/,
    ],
    ['an empty line before the names', '\na\n1\n', /^Line 1, column 1: the line is empty/],
    [
      'a quote that is never closed',
      'a,b\n1,2\n3,"4\n5,6\n',
      /^Line 3, column 2: a quote is opened and never closed\./,
    ],
    [
      'text after a closing quote',
      'a,b\n1,"2"3\n',
      /^Line 2, column 2: there is text after the closing quote\./,
    ],
    [
      'a quote inside a value',
      'a,b\n1"x",2\n',
      /^Line 2, column 1: there is a quote inside a value that does not begin with one\./,
    ],
    [
      'a NUL byte',
      'a,b\n1,2\n3,x\0y\n',
      /^Line 3, column 2: there is a NUL byte; the file must be CSV text in UTF-8\.$/,
    ],
    [
      'bytes of Latin-1',
      Buffer.from('a,b\nMünchen,2\n', 'latin1'),
      /^Line 2, column 1: these bytes are not UTF-8;/,
    ],
    [
      'UTF-16',
      Buffer.from('\ufeffa,b\n1,2\n', 'utf16le'),
      /^Line 1, column 1: .*must be CSV text in UTF-8\.$/,
    ],
    [
      'bytes of a program',
      Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0, 0, 0]),
      /^Line 1, column 1: there is a NUL byte/,
    ],
    [
      'CRLF line ends before the wrong row',
      'a,b\r\n1,2\r\n"x\r\ny",4\r\n5\r\n',
      /^Line 5, column 2: the value of "b" is missing/,
    ],
  ])('for %s', async (_, content, message) => {
    expect(await whyNot(content)).toMatch(message);
  });

  it('for more columns than a job has variables', async () => {
    const names = Array.from({ length: 1001 }, (_, index) => `x${index}`).join(',');
    expect(await whyNot(`${names}\n`)).toBe('Line 1, column 1001: a job has at most 1000 variables.');
  });

  it('for a row of any length that goes on and on, before it has taken up memory', async () => {
    const why =
      /^Line 2, column 1: the row is longer than 1,048,576 bytes; perhaps a quote is never closed\.$/;
    expect(await whyNot(`a,b\n1,"${'2,3\n'.repeat(1_000_000)}`)).toMatch(why);
    expect(await whyNot(`a,b\n${','.repeat(30_000_000)}`)).toMatch(why);
    const long = 'x'.repeat(1_000_000);
    expect((await read(`a,b\n1,2\n${long},3\n`)).rows[1]).toEqual([long, '3']);
  });

  it('for a row more than a job can have runs, without a look at the rows after it', async () => {
    const rows = `${'1,2\n'.repeat(LIMITS.runsPerJob)}3,4\nthis row is ragged\n${'5,6\n'.repeat(900_000)}`;
    expect(await whyNot(`a,b\n${rows}`)).toBe(
      'Line 100002, column 1: there are more than 100,000 rows, which is the most that a job can have runs.',
    );
    const most = await plan({ paramFile: csv(`a,b\n${'1,2\n'.repeat(LIMITS.runsPerJob - 1)}8,9`) });
    expect([most.count, most.values(99_999)]).toEqual([100_000, ['8', '9']]);
  });
});

describe('a file of a spreadsheet', () => {
  async function readWith(content: string): Promise<{ rows: string[][]; warnings: string[] }> {
    const warnings: string[] = [];
    const found = await plan({ paramFile: csv(content) }, { warn: (text) => warnings.push(text) });
    expect(found.variables.map(({ name }) => name)).toEqual(['a', 'b']);
    return { rows: allTexts(found), warnings };
  }

  it.each([
    ['semicolons', 'a;b\r\n1; x y \r\n;"2;3"\r\n'],
    ['semicolons', '\ufeff"a";"b"\r\n1;x y\r\n;"2;3"\r\n'],
    ['tabs', 'a\tb\n1\tx y\n\t2;3\n'],
  ])('with %s between values is read, and said', async (what, text) => {
    expect(await readWith(text)).toEqual({
      rows: [
        ['1', 'x y'],
        ['', '2;3'],
      ],
      warnings: [`paramFile: it was read with ${what} between values, as its first line has them.`],
    });
  });

  it('may have semicolons and tabs in values, where its first line has commas', async () => {
    expect(await readWith('a,b\n1;2,x\ty\n')).toEqual({ rows: [['1;2', 'x\ty']], warnings: [] });
  });

  it('keeps decimal commas, and says so', async () => {
    const { rows, warnings } = await readWith('a;b\n1,5;-0,25\n');
    expect([rows, warnings[1]]).toEqual([
      [['1,5', '-0,25']],
      expect.stringContaining('values such as "1,5"'),
    ]);
  });

  it('may have rows without any value, which are left out and said', async () => {
    expect(await readWith('a,b\r\n1,2\r\n,\r\n3,4\r\n , \r\n,,,\r\n')).toEqual({
      rows: [
        ['1', '2'],
        ['3', '4'],
      ],
      warnings: ['paramFile: 3 rows without a value were left out, the first in line 3.'],
    });
    expect((await readWith('a,b\n"",""\n')).rows).toEqual([['', '']]);
  });

  it('says what its separators are where a row has too many values', async () => {
    expect(await whyNot('a;b\n1;2;3\n')).toContain('Values with semicolons in them need quotes.');
  });
});

describe('a case file', () => {
  it('is a table of the same form, whose variables are of type Case', async () => {
    const found = await plan({ caseFile: csv('load,unit\n10,kN\n20,kN\n') });
    expect(found.variables).toEqual([
      {
        name: 'load',
        variableType: 'Case',
        displayOrder: 0,
        valueGeneratorType: '',
        valueGeneratorSettings: {},
      },
      {
        name: 'unit',
        variableType: 'Case',
        displayOrder: 1,
        valueGeneratorType: '',
        valueGeneratorSettings: {},
      },
    ]);
    expect(allTexts(found)).toEqual([
      ['10', 'kN'],
      ['20', 'kN'],
    ]);
  });

  it('is refused under its own field', async () => {
    expect(await refusal(plan({ caseFile: csv('a,a\n'), paramFile: csv('b,b\n') }))).toEqual({
      caseFile: ['Line 1, column 2: "a" is the name of column 1 already.'],
      paramFile: ['Line 1, column 2: "b" is the name of column 1 already.'],
    });
  });
});
