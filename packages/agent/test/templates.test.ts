// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are templates.
import { readFileSync } from 'node:fs';
import { parseTemplate, TemplateError } from '@quarry/agent/templates';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { often } from '../../contract/testing/often.ts';

function render(template: string | Buffer, variables: Record<string, string> = {}): string {
  return parseTemplate(Buffer.from(template))
    .render(new Map(Object.entries(variables)))
    .toString();
}

function format(number: string, pattern: string): string {
  return render(`\${x?string(r"${pattern}")}`, { x: number });
}

function fault(action: () => unknown): { line: number; column: number; what: string; hint: string } {
  try {
    action();
  } catch (error) {
    if (error instanceof TemplateError) {
      const { line, column, what, hint } = error;
      return { line, column, what, hint };
    }
    throw error;
  }
  throw new Error('nothing was thrown');
}

test('where placeholders of a line of megabytes stand is found without reading to its end for each', {
  timeout: 300_000,
}, () => {
  const template = Buffer.from(`first\n${'${x}'.repeat(20_000)}${' '.repeat(8_000_000)}`);
  const began = performance.now();
  const parsed = parseTemplate(template);
  let last = { line: 0, column: 0 };
  parsed.render(new Map([['x', '1']]), ({ line, column }) => {
    last = { line, column };
  });
  expect(performance.now() - began).toBeLessThan(3000);
  expect(last).toEqual({ line: 2, column: 4 * 19_999 + 1 });
});

describe('number formats', () => {
  // The template language of the API, api-contract 3.14.
  test.each([
    ['0.9', ['1', '0.9', '0.90']],
    ['1.49', ['1', '1.5', '1.49']],
    ['-55.123', ['-55', '-55.1', '-55.123']],
    ['9810', ['9810', '9810.0', '9810.00']],
  ])('%s is written as the contract says', (number, expected) => {
    expect(['0', '0.0', '0.00##'].map((pattern) => format(number, pattern))).toEqual(expected);
  });

  // https://docs.oracle.com/javase/tutorial/i18n/format/decimalFormat.html
  test.each([
    ['123456.789', '###,###.###', '123,456.789'],
    ['123456.789', '###.##', '123456.79'],
    ['123.78', '000000.000', '000123.780'],
    ['12345.67', '$###,###.###', '$12,345.67'],
  ])("%s in the pattern %s is %s, as Java's tutorial says", (number, pattern, expected) => {
    expect(format(number, pattern)).toBe(expected);
  });

  // https://docs.oracle.com/en/java/javase/17/docs/api/java.base/java/text/DecimalFormat.html
  test.each([
    ['12345', '##0.#####E0', '12.345E3'],
    ['123456', '##0.#####E0', '123.456E3'],
    ['0.00123', '00.###E0', '12.3E-4'],
    ['1234', '0.###E0', '1.234E3'],
    ['123', "'#'#", '#123'],
    ['7', "# o''clock", "7 o'clock"],
    ['-1234.5', '#,##0.00;(#,##0.00)', '(1,234.50)'],
  ])("%s in the pattern %s is %s, as Java's reference says", (number, pattern, expected) => {
    expect(format(number, pattern)).toBe(expected);
  });

  test('every pattern and number of the table is written as Java wrote it', () => {
    const [, header, ...rows] = readFileSync(new URL('decimal-format.tsv', import.meta.url), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => line.split('\t'));
    const [, ...numbers] = header!;
    const ours = rows.map(([pattern]) => [pattern, ...numbers.map((number) => format(number, pattern!))]);
    expect(ours).toEqual(rows);
    expect(rows.length * numbers.length).toBeGreaterThan(1000);
  });

  test.each(['0.0.0', '0#0', '#0#', '0,', '0,.0', "0'", '0E', '%0%', '.0#0', '0#.0', ';0', '0%%', '', 'abc'])(
    'the pattern "%s" is refused when the template is read',
    (pattern) => {
      const { line, column, what, hint } = fault(() =>
        parseTemplate(Buffer.from(`a\n\${x?string("${pattern}")}`)),
      );
      expect({ line, column }).toEqual({ line: 2, column: 12 });
      expect(what).toContain(`${JSON.stringify(pattern)} cannot be used: `);
      expect(hint).toContain('0.00##');
    },
  );

  test('numbers are taken as they are written, not as the nearest double', () => {
    expect(format('0.15', '0.0')).toBe('0.2');
    expect(format('1.0000000000000000000000000000000000005', '0.####################################')).toBe(
      '1',
    );
    expect(format('123456789012345678901234567890.5', '#,##0.0')).toBe(
      '123,456,789,012,345,678,901,234,567,890.5',
    );
  });

  test.each(['abc', '', '1 2', '0x10', 'NaN', 'Infinity', '1e999', '1,5', '--1', '.', 'e5'])(
    'the text "%s" is no number to be formatted',
    (text) => {
      const error = fault(() => render('é ${x?string("0")}', { x: text }));
      expect(error).toMatchObject({ line: 1, column: 14 });
      expect(error.what).toContain(`${JSON.stringify(text)} of x is no number`);
    },
  );

  test('what is written with all its digits is the same number', () => {
    const number = fc.double({ noNaN: true, noDefaultInfinity: true });
    fc.assert(
      fc.property(number, (value) => {
        expect(Number(format(String(value), `0.${'#'.repeat(17)}E0`))).toBe(value === 0 ? 0 : value);
      }),
    );
  });
});

describe('placeholders', () => {
  test.each([
    ['${x}', '0.9'],
    ['a${ x }b\n${\tx\n}', 'a0.9b\n0.9'],
    ["${x?string('0.00##')}", '0.90'],
    ['${ x ? string ( "0.0" ) }', '0.9'],
    ['${text}', 'ab  "c"\t'],
    ['${y!0.3}', '0.3'],
    ['${x!0.3}', '0.9'],
    ['${y!"a text"} ${y!x} ${y!z!"none"}', 'a text 0.9 none'],
    ['[${y!}]', '[]'],
    ['${(y!0.5)?string("0.00")} ${(x!0.5)?string("0.00")}', '0.50 0.90'],
    ['${y!0.5?string("0.00")} ${x!0.5?string("0.00")}', '0.50 0.9'],
    ['${y?string("0.00")!"-"}', '-'],
    ['${r"${raw}"} ${"say \\"hi\\"\\n"}', '${raw} say "hi"\n'],
    ['${12} ${-0.50} ${1e3?string("0")}', '12 -0.50 1000'],
    ['${größe} ${wing.span} ${mesh\\-size} ${.vars["inlet velocity"]}', '5 7 8 9'],
    ['$ {x} $x #{x} <#if x> } ${"}"} \\', '$ {x} $x #{x} <#if x> } } \\'],
    ['', ''],
  ])('%j becomes %j', (template, expected) => {
    const variables = {
      ...{ x: '0.9', text: 'ab  "c"\t', größe: '5', 'wing.span': '7', 'mesh-size': '8' },
      'inlet velocity': '9',
    };
    expect(render(template, variables)).toBe(expected);
  });

  test.each([
    ['a\n  ${x', 2, 3, 'not closed by a }'],
    ['${}', 1, 3, 'there is "}" where a name was expected'],
    ['${', 1, 3, 'the end of the template where a name was expected'],
    ['${x-1}', 1, 4, 'there is "-" where a } was expected'],
    ['${x?c}', 1, 4, 'something other than string("…")'],
    ['${x?string}', 1, 4, 'something other than string("…")'],
    ['${x?string(0)}', 1, 12, 'where a number format in quotes was expected'],
    ['größe ${HOME:-/tmp}', 1, 13, 'there is ":"'],
    ['${(x}', 1, 5, 'where a ) was expected'],
    ['${"a${x}"}', 1, 5, 'a ${ inside a text in quotes'],
    ['${"a\\q"}', 1, 5, 'no known escape'],
    ['\r\n${"abc}', 2, 3, 'no closing "'],
    [`\${${'('.repeat(50)}x`, 1, 24, 'nested too deep'],
  ])('%j is refused at line %i, column %i', (template, line, column, words) => {
    const error = fault(() => parseTemplate(Buffer.from(template)));
    expect(error).toMatchObject({ line, column });
    expect(error.what).toContain(words);
    expect(error.hint).not.toBe('');
  });

  test('names are listed with their places and whether a default stands in for them', () => {
    const { names } = parseTemplate(Buffer.from('é${a}\n${ (b!c)?string("0") } ${a!1} ${"d"}'));
    expect(names).toEqual([
      { name: 'a', line: 1, column: 4, hasDefault: false },
      { name: 'b', line: 2, column: 5, hasDefault: true },
      { name: 'c', line: 2, column: 7, hasDefault: false },
      { name: 'a', line: 2, column: 26, hasDefault: true },
    ]);
  });

  test('a name without a value is refused with its place and the names there are', () => {
    const error = fault(() => render('1\n22${x}${speed}', { x: '1', sped: '2' }));
    expect(error).toMatchObject({ line: 2, column: 9, what: 'there is no variable speed.' });
    expect(error.hint).toContain('The variables are x, sped.');
  });
});

describe('bytes', () => {
  test('what is not UTF-8 is copied, and values are inserted in Latin-1 as far as it goes', () => {
    const bytes = Buffer.from('\xff\x00gr\xf6\xdfe=${gr\xf6\xdfe}\x80 ${euro}', 'latin1');
    const template = parseTemplate(bytes);
    expect(template.names[0]).toMatchObject({ name: 'größe', column: 11 });
    const rendered = template.render(
      new Map([
        ['größe', 'ä'],
        ['euro', '€'],
      ]),
    );
    expect(rendered.toString('latin1')).toBe('\xff\x00gr\xf6\xdfe=\xe4\x80 \xe2\x82\xac');
  });

  test('without a placeholder nothing changes', () => {
    const withoutPlaceholder = fc
      .uint8Array({ maxLength: 200 })
      .filter((bytes) => !Buffer.from(bytes).includes('${'));
    fc.assert(
      fc.property(withoutPlaceholder, (bytes) => {
        expect(parseTemplate(bytes).render(new Map())).toEqual(Buffer.from(bytes));
      }),
    );
  });

  test('any text can be inserted between any texts, and what it became renders to itself', () => {
    const plain = fc.string({ unit: 'grapheme' }).map((text) => text.replaceAll('$', '€'));
    fc.assert(
      fc.property(plain, plain, plain, (before, value, after) => {
        const rendered = render(`${before}\${x}${after}`, { x: value });
        expect(rendered).toBe(Buffer.from(before + value + after).toString());
        expect(render(rendered)).toBe(rendered);
      }),
    );
  });

  test('any name and any text can be written in quotes', () => {
    const text = fc.string({ unit: 'grapheme' }).map((s) => s.replaceAll('\\', '/').replaceAll('"', "'"));
    fc.assert(
      fc.property(text, text, (name, value) => {
        fc.pre(!/[$#]\{/.test(name) && !/[$#]\{/.test(value));
        expect(render(`\${.vars["${name}"]}|\${"${value}"}`, { [name]: 'v' })).toBe(`v|${value}`);
      }),
    );
  });

  test('whatever stands in a placeholder is rendered or refused in words, with a place inside the template', () => {
    const piece = fc.constantFrom(
      'x',
      '?',
      'string',
      '(',
      ')',
      '"',
      "'",
      '0.0',
      '!',
      '\\',
      '.vars',
      '[',
      ']',
      ' ',
      '\n',
      '}',
      'é',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const template = `\n\${${pieces.join('')}}`;
        try {
          render(template, { x: '1' });
        } catch (error) {
          expect(error).toBeInstanceOf(TemplateError);
          const { line, column } = error as TemplateError;
          expect(template.split('\n')[line - 1]!.length + 1).toBeGreaterThanOrEqual(column);
        }
      }),
      { numRuns: often(2000) },
    );
  });

  test('too many placeholders and too much of what they become are refused', () => {
    const many = fault(() => parseTemplate(Buffer.from('${x}'.repeat(100_001))));
    expect(many).toMatchObject({ line: 1, column: 400_001 });
    const large = parseTemplate(Buffer.from('${x}'.repeat(300)));
    expect(fault(() => large.render(new Map([['x', 'x'.repeat(1024 * 1024)]]))).what).toContain(
      'larger than',
    );
  });
});

describe('what is told of each placeholder', () => {
  test.each(['utf8', 'latin1'] as const)(
    'is its place in characters, and the text that stands there, in %s',
    (encoding) => {
      const template = 'größe ${a} ä ${r"ß"}\nöö${b?string("0.0")}${c!"ü"}';
      const inserts: unknown[] = [];
      const rendered = parseTemplate(Buffer.from(template, encoding)).render(
        new Map([
          ['a', 'è'],
          ['b', '2'],
        ]),
        (insert) => inserts.push(insert),
      );
      expect(rendered.toString(encoding)).toBe('größe è ä ß\nöö2.0ü');
      expect(inserts).toEqual([
        { line: 1, column: 7, length: 4, text: 'è' },
        { line: 1, column: 14, length: 7, text: 'ß' },
        { line: 2, column: 3, length: 18, text: '2.0' },
        { line: 2, column: 21, length: 8, text: 'ü' },
      ]);
    },
  );
});
