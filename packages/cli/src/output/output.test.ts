import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { often } from '../../../contract/testing/often.ts';
import { runQuarry } from '../../testing/run-quarry.ts';
import { Io } from '../io.ts';
import { formatAge, formatBytes, formatDuration, formatMoney } from './human.ts';
import type { OutputStream } from './output-stream.ts';
import { PrintableStream, printable, printableJson, printableLines } from './printable.ts';
import { printTable } from './table.ts';
import { textWidth, truncate } from './width.ts';

/** A stream that remembers, and a clock that moves when told. */
function bench({
  columns,
  quiet = false,
  json = false,
}: {
  columns?: number;
  quiet?: boolean;
  json?: boolean;
} = {}) {
  let written = '';
  let now = 0;
  const stream: OutputStream = {
    write: (chunk) => {
      written += chunk;
      return true;
    },
    ...(columns !== undefined && { isTTY: true, columns }),
  };
  const io = new Io({
    stdin: process.stdin,
    stdout: stream,
    stderr: stream,
    clock: { now: () => now, sleep: async () => undefined },
    json,
    quiet,
    verbose: false,
    color: false,
  });
  return { io, written: () => written, advance: (milliseconds: number) => (now += milliseconds) };
}

/** Letters as a terminal would show them, each with the attributes that are on. */
function asSeen(text: string): { letter: string; attributes: string }[] {
  const seen: { letter: string; attributes: string }[] = [];
  let attributes = '';
  for (const [, parameters, letter] of text.matchAll(/\u001b\[([\d;]*)m|(.)/gsu)) {
    if (letter !== undefined) {
      seen.push({ letter, attributes });
    } else if (/(^|;)0*$/.test(parameters!)) {
      attributes = '';
    } else {
      attributes = attributes === '' ? parameters! : `${attributes};${parameters}`;
    }
  }
  return seen;
}

describe('numbers for people', () => {
  test.each([
    [0, '0 B'],
    [1023, '1023 B'],
    [1024, '1.0 KiB'],
    [1_048_575, '1.0 MiB'],
    [157_286_400, '150 MiB'],
    [5 * 1024 ** 4, '5.0 TiB'],
  ])('formatBytes() writes %i as %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });

  test.each([
    [0.04, '0.0 s'],
    [9.94, '9.9 s'],
    [59.4, '59 s'],
    [185, '3 min 05 s'],
    [3_600, '1 h 00 min'],
    [187_200, '2 d 04 h'],
  ])('formatDuration() writes %d s as %s', (seconds, text) => {
    expect(formatDuration(seconds)).toBe(text);
  });

  test.each([
    ['2026-01-05T09:00:00.120000Z', 'just now'],
    ['2026-01-05T08:59:00.000000+00:00', '1 minute ago'],
    ['2026-01-02T09:00:00.120000Z', '3 days ago'],
    [null, ''],
    ['yesterday', 'yesterday'],
  ])('formatAge() writes %s as %j', (date, text) => {
    expect(formatAge(date, Date.parse('2026-01-05T09:00:30Z'))).toBe(text);
  });

  test.each([
    [0.06, '0.06 USD'],
    [0.0015, '0.0015 USD'],
    [12, '12.00 USD'],
  ])('formatMoney() writes %d as %s', (amount, text) => {
    expect(formatMoney(amount, 'USD')).toBe(text);
  });
});

describe('text from elsewhere', () => {
  test('printable() takes away what a terminal would act upon', () => {
    expect(printable('a\u001b[2Jb\u202ec')).toBe('a\ufffd[2Jb\ufffdc');
  });

  test('printableLines() keeps lines and colours and takes away the rest', () => {
    expect(printableLines('\u001b[31mred\u001b[39m\tx\ny\r\u001b]0;title\u0007\u009b2J')).toBe(
      '\u001b[31mred\u001b[39m\tx\ny\ufffd\ufffd]0;title\ufffd\ufffd2J',
    );
  });

  test('printableJson() escapes what JSON itself leaves as it is, and means the same', () => {
    const value = { name: 'a\u009b2Jb\u202ec\u001b\n' };
    expect(printableJson(value, 2)).toBe('{\n  "name": "a\\u009b2Jb\\u202ec\\u001b\\n"\n}');
    expect(JSON.parse(printableJson(value))).toEqual(value);
    expect(printableJson(undefined)).toBe('null');
  });

  test('PrintableStream keeps letters and colours that arrive in two pieces, and leaves none on in between', () => {
    const bytes = Buffer.from('ä\u001b[1;31mRED\u001b[0m 10%\r20%\n\u001b[2Jend');
    for (let at = 0; at <= bytes.length; at += 1) {
      const stream = new PrintableStream();
      const pieces = [stream.next(bytes.subarray(0, at)), stream.next(bytes.subarray(at))];
      const seen = asSeen(pieces.join(''));
      expect(seen.map(({ letter }) => letter).join('')).toBe('äRED 10%\r20%\n\ufffd[2Jend');
      for (const { letter, attributes } of seen) {
        expect([letter, attributes]).toEqual([letter, 'RED'.includes(letter) ? '1;31' : '']);
      }
      for (const piece of pieces) {
        expect(asSeen(`${piece}.`).at(-1)!.attributes).toBe('');
      }
    }
  });

  test.each([
    ['8', ''],
    ['08', ''],
    ['28', ''],
    ['31;8', '\u001b[31m'],
    ['8;31', '\u001b[31m'],
    [';8', '\u001b[0m'],
    ['0;8;8', '\u001b[0m'],
    ['8;38;5;8', '\u001b[38;5;8m'],
    ['48;2;8;8;8', '\u001b[48;2;8;8;8m'],
  ])('text that is not to be seen is seen: \\e[%sm', (hiding, kept) => {
    expect(printableLines(`\u001b[${hiding}mrm -rf ~\u001b[m`)).toBe(`${kept}rm -rf ~\u001b[0m`);
  });

  test('attributes that a line leaves on end with it', () => {
    expect(printableLines('\u001b[1;4;41mloud')).toBe('\u001b[1;4;41mloud\u001b[0m');
    expect(printableLines('\u001b[31mred\u001b[39m')).toBe('\u001b[31mred\u001b[39m');
    expect(printableLines('\u001b[31m\u001b[1mred\u001b[22m')).toBe(
      '\u001b[31m\u001b[1mred\u001b[22m\u001b[0m',
    );
    const { io, written } = bench({ columns: 80 });
    io.writeBytes(Buffer.from('\u001b[7mreversed'));
    io.note('a word of our own');
    io.writeBytes(Buffer.from(' still\n'));
    expect(written()).toBe('\u001b[7mreversed\u001b[0ma word of our own\n\u001b[7m still\n\u001b[0m');
  });

  test.each([
    ['an unknown attribute', '\u001b[999mx', 'x'],
    ['a colour that is cut off', '\u001b[31;38;5mx', '\u001b[31mx\u001b[0m'],
    ['a colour of an unknown kind', '\u001b[38;9;1;8mx', 'x'],
    ['a colour written with colons', '\u001b[38:5:8mx', '\ufffd[38:5:8mx'],
    ['a title', '\u001b]0;title\u0007x', '\ufffd]0;title\ufffdx'],
    ['a link', '\u001b]8;;http://evil.example\u001b\\x', '\ufffd]8;;http://evil.example\ufffd\\x'],
    ['a question', '\u001b[6n\u001b[cx', '\ufffd[6n\ufffd[cx'],
    ['a string for the terminal', '\u001bP+q544e\u001b\\x', '\ufffdP+q544e\ufffd\\x'],
    ['a move', '\u001b[1A\u001b[2K\bx', '\ufffd[1A\ufffd[2K\ufffdx'],
    ['other letters', '\u001b(0x\u000e', '\ufffd(0x\ufffd'],
  ])('of %s nothing reaches a terminal that it would act upon', (_what, text, shown) => {
    expect(printableLines(text)).toBe(shown);
    const stream = new PrintableStream();
    expect(stream.next(Buffer.from(text))).toBe(shown);
  });

  test('whatever bytes a log holds and however they come, a terminal gets text and known colours, and none is left on', () => {
    const piece = fc.constantFrom(
      ...[
        '\u001b',
        '[',
        ';',
        'm',
        '0',
        '1',
        '8',
        '31',
        '38;5;8',
        '\u001b[8m',
        '\u001b[1;31m',
        '\u001b[0m',
        ']0;',
        '\u0007',
      ],
      ...['\u009b', '\r', '\n', 'a', '模', '\ud83d\ude00', '\u202e', '\u001b[2J', 'P', '\\'],
    );
    const text = fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join(''));
    fc.assert(
      fc.property(text, fc.array(fc.nat(60), { maxLength: 6 }), (content, cuts) => {
        const bytes = Buffer.from(content);
        const ends = [...cuts.map((cut) => Math.min(cut, bytes.length)), 0, bytes.length].sort(
          (a, b) => a - b,
        );
        const stream = new PrintableStream();
        for (const [index, end] of ends.entries()) {
          const shown = stream.next(bytes.subarray(ends[index - 1] ?? 0, end));
          const rest = shown.replace(/\u001b\[(?:\d+(?:;\d+)*)m/g, (sequence) => {
            expect(
              sequence
                .slice(2, -1)
                .replace(/[345]8;5;\d+/g, '')
                .split(';'),
            ).not.toContain('8');
            return '';
          });
          expect(rest).not.toMatch(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u202a-\u202e]/);
          expect(asSeen(`${shown}.`).at(-1)!.attributes).toBe('');
        }
      }),
      { numRuns: often(1000) },
    );
  });

  test('what is printed, noted or warned of cannot move the cursor', () => {
    const { io, written } = bench({ columns: 80 });
    io.print('a\u001b[2J');
    io.note('b\u001b[2J');
    io.warn('c\u001b[2J');
    expect(written()).toBe('a\ufffd[2J\nb\ufffd[2J\nwarning: c\ufffd[2J\n');
  });

  test('bytes of files reach a pipe as they are, and a terminal without what it acts upon', () => {
    const bytes = Buffer.from('x\u001b[2Jy');
    const [pipe, terminal] = [bench(), bench({ columns: 80 })];
    pipe.io.writeBytes(bytes);
    terminal.io.writeBytes(bytes);
    expect([pipe.written(), terminal.written()]).toEqual(['x\u001b[2Jy', 'x\ufffd[2Jy']);
  });

  test('textWidth() counts wide letters twice and colours not at all', () => {
    expect(textWidth('\u001b[31mab\u001b[39m')).toBe(2);
    expect(textWidth('解析')).toBe(4);
    expect(textWidth('e\u0301')).toBe(1);
  });

  test('truncate() never splits a letter and marks the cut', () => {
    expect(truncate('解析結果', 5)).toBe('解析…');
    expect(truncate('short', 5)).toBe('short');
  });
});

describe('printTable()', () => {
  const rows = [
    { name: 'a-rather-long-name.inp', size: 5 },
    { name: '解析.inp', size: 1234 },
  ];
  const columns = [
    { header: 'Name', value: (row: { name: string }) => row.name, flexible: true },
    { header: 'Size', value: (row: { size: number }) => row.size, align: 'right' as const },
  ];

  test('aligns columns and cuts nothing where there is no terminal', () => {
    const { io, written } = bench();
    printTable(io, rows, columns);
    expect(written()).toBe(
      'NAME                    SIZE\na-rather-long-name.inp     5\n解析.inp                1234\n',
    );
  });

  test('is never wider than the terminal when something may be cut', () => {
    const { io, written } = bench({ columns: 40 });
    printTable(io, [{ name: 'x'.repeat(100), size: 5 }], columns);
    for (const line of written().split('\n')) {
      expect(textWidth(line)).toBeLessThanOrEqual(40);
    }
    expect(written()).toContain('x…');
  });
});

describe('colours', () => {
  const helpOf = (environment: Record<string, string>, ...flags: string[]) =>
    runQuarry(['help', ...flags], { columns: 80, environment });

  test.each([
    ['a terminal has them', {}, [], true],
    ['NO_COLOR takes them away', { NO_COLOR: '1' }, [], false],
    ['an empty NO_COLOR means nothing', { NO_COLOR: '' }, [], true],
    ['--no-color takes them away', { FORCE_COLOR: '1' }, ['--no-color'], false],
    ['FORCE_COLOR wins over NO_COLOR', { FORCE_COLOR: '1', NO_COLOR: '1' }, [], true],
    ['a dumb terminal has none', { TERM: 'dumb' }, [], false],
  ])('%s', async (_name, environment, flags, colored) => {
    const { stdout } = await helpOf(environment as Record<string, string>, ...flags);
    expect(stdout.includes('\u001b[')).toBe(colored);
  });

  test('a file has none unless FORCE_COLOR asks for them', async () => {
    expect((await runQuarry(['help'])).stdout).not.toContain('\u001b[');
    expect((await runQuarry(['help'], { environment: { FORCE_COLOR: '1' } })).stdout).toContain('\u001b[');
  });
});
