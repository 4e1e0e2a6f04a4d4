import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { z } from 'zod';
import {
  createJob,
  MAX_COMMAND_LENGTH,
  MAX_FILE_NAME_BYTES,
  MAX_NAME_LENGTH,
  MAX_PAGE_SIZE,
  toSnakeCase,
  updateFile,
  wireBoolean,
  wireChoice,
  wireInteger,
  wireName,
  wireObject,
  wireQuery,
  wireString,
} from '../src/index.ts';
import { pageQuery } from '../src/pagination.ts';

function words(schema: z.ZodType, value: unknown): string[] {
  return (schema.safeParse(value).error?.issues ?? []).map((issue) => issue.message);
}

describe('integers', () => {
  test('are the same as numbers, decimal text and integral floats as text', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (integer) => {
        for (const spelling of [integer, String(integer), ` ${integer} `, `${integer}.0`, `${integer}.`]) {
          expect(wireInteger().parse(spelling)).toBe(Number(String(integer)));
        }
      }),
    );
  });

  test('are never anything else, and the refusal is always the same', () => {
    const others = fc.oneof(
      fc.string().filter((text) => !/^\s*[+-]?\d+(\.0*)?\s*$/.test(text)),
      fc.double().filter((number) => !Number.isSafeInteger(number)),
      fc.boolean(),
      fc.array(fc.integer()),
      fc.dictionary(fc.string(), fc.integer()),
    );
    fc.assert(
      fc.property(others, (value) => {
        expect(words(wireInteger({ min: 1 }), value)).toEqual(['A valid integer is required.']);
      }),
    );
  });

  test('beyond what a double can hold exactly are refused instead of rounded', () => {
    expect(words(wireInteger(), '9007199254740993')).toEqual(['A valid integer is required.']);
    expect(words(wireInteger(), '9'.repeat(400))).toEqual(['A valid integer is required.']);
  });

  test('outside their range are refused with the bound', () => {
    expect(words(wireInteger({ min: 1 }), '0')).toEqual(['Ensure this value is greater than or equal to 1.']);
    expect(words(wireInteger({ max: 5 }), 6)).toEqual(['Ensure this value is less than or equal to 5.']);
  });
});

describe('booleans', () => {
  test.each([true, 'true', 'True', 'TRUE', '1', 1, 'yes', 'on', ' true '])('%j is true', (value) => {
    expect(wireBoolean().parse(value)).toBe(true);
  });

  test.each([false, 'false', 'False', '0', 0, 'no', 'off'])('%j is false', (value) => {
    expect(wireBoolean().parse(value)).toBe(false);
  });

  test('are nothing else', () => {
    for (const value of ['', 'perhaps', 2, -1, [], {}, [true]]) {
      expect(words(wireBoolean(), value)).toEqual(['Must be a valid boolean.']);
    }
    expect(words(wireBoolean(), null)).toEqual(['This field may not be null.']);
    expect(words(wireBoolean(), undefined)).toEqual(['This field is required.']);
  });
});

describe('text', () => {
  test('keeps every string without NUL exactly, when told not to trim', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }).filter((text) => !text.includes('\0')),
        (text) => {
          expect(wireString({ trim: false }).parse(text)).toBe(text);
        },
      ),
    );
  });

  test('takes numbers as their decimal text', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (number) => {
        expect(wireString().parse(number)).toBe(String(number));
      }),
    );
  });

  test('refuses NUL, other types and what is too long, in words', () => {
    expect(words(wireString(), 'a\0b')).toEqual(['Null characters are not allowed.']);
    expect(words(wireString(), true)).toEqual(['Not a valid string.']);
    expect(words(wireString(), ['a'])).toEqual(['Not a valid string.']);
    expect(words(wireString({ max: 3 }), 'abcd')).toEqual([
      'Ensure this field has no more than 3 characters.',
    ]);
    expect(words(wireString({ blank: false }), '  ')).toEqual(['This field may not be blank.']);
  });

  test('of a choice is refused with what was given and what may be given', () => {
    expect(words(wireChoice(['a', 'b']), 'x')).toEqual(['"x" is not a valid choice. Choose one of: a, b.']);
    expect(words(wireChoice(['a', 'b']), 3)).toEqual(['"3" is not a valid choice. Choose one of: a, b.']);
    expect(words(wireChoice(['a']), 'x'.repeat(5000))[0]!.length).toBeLessThan(200);
  });
});

describe('objects', () => {
  const schema = wireObject({ coreType: wireString(), coresPerSlot: wireInteger().optional() });

  test('take every key in snake case too', () => {
    expect(schema.parse({ core_type: 'a', cores_per_slot: '2' })).toEqual({ coreType: 'a', coresPerSlot: 2 });
  });

  test('prefer the camelCase key and leave the input as it was', () => {
    const input = Object.freeze({ core_type: 'snake', coreType: 'camel' });
    expect(schema.parse(input)).toEqual({ coreType: 'camel' });
  });

  test('report errors of a snake_case key under its camelCase name', () => {
    expect(schema.safeParse({ core_type: [] }).error?.issues[0]?.path).toEqual(['coreType']);
  });

  test('survive any JSON without throwing', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        createJob.body.safeParse(value);
        createJob.body.safeParse({ name: value, jobanalyses: [value, { hardware: value, analysis: value }] });
      }),
    );
  });

  test('are not polluted by a key named __proto__', () => {
    const parsed = schema.parse(JSON.parse('{"core_type":"a","__proto__":{"coresPerSlot":9}}'));
    expect(parsed.coresPerSlot).toBeUndefined();
  });

  test('of a query count the last of repeated values, and empty ones as absent', () => {
    const query = wireQuery({ deleteInputFiles: wireBoolean().optional(), page: wireInteger().optional() });
    expect(query.parse({ deleteInputFiles: ['0', 'True'], page: '' })).toEqual({ deleteInputFiles: true });
    expect(query.parse({ delete_input_files: '1' })).toEqual({ deleteInputFiles: true });
    expect(query.parse(undefined)).toEqual({});
  });

  test('spell snake_case as Python clients do', () => {
    expect(toSnakeCase('onDemandLicenseSeller')).toBe('on_demand_license_seller');
  });
});

describe('pages', () => {
  test('are clamped to what is allowed, whatever size is asked for', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (size) => {
        const parsed = pageQuery.parse({ page_size: String(size) }).page_size!;
        expect(parsed).toBe(Math.min(Math.max(size, 1), MAX_PAGE_SIZE));
      }),
    );
  });

  test('are refused in words when they are no numbers', () => {
    expect(words(pageQuery, { page: 'two' })).toEqual(['A valid integer is required.']);
    expect(words(pageQuery, { page_size: 'all' })).toEqual(['A valid integer is required.']);
    expect(words(pageQuery, { page: '0' })).toEqual(['Ensure this value is greater than or equal to 1.']);
  });
});

describe('names', () => {
  test('of jobs are any visible text', () => {
    for (const name of ['pi', 'Ölwanne 2', '数値', '🜁', 'a\'b"c/d..', 'x'.repeat(MAX_NAME_LENGTH)]) {
      expect(wireName().parse(name)).toBe(name);
    }
  });

  test.each(['', '  ', 'a\nb', 'a\tb', 'a\0b', '\u001b[31m', '\u0085', 'x'.repeat(MAX_NAME_LENGTH + 1)])(
    'of jobs are not %j, and the refusal says what is allowed',
    (name) => {
      expect(words(wireName(), name).join()).toContain(`1 to ${MAX_NAME_LENGTH} characters`);
    },
  );

  const refusedFileNames = [
    '',
    '.',
    '..',
    'a/b',
    '../x',
    '/etc/passwd',
    'a\0b',
    'a\nb',
    'x'.repeat(256),
    'ü'.repeat(128),
  ];
  test.each(refusedFileNames)('of files are not %j', (name) => {
    const issues = updateFile.body.safeParse({ name }).error?.issues ?? [];
    expect(issues.map((issue) => issue.path)).toEqual([['name']]);
    expect(issues[0]?.message).toContain(`${MAX_FILE_NAME_BYTES} bytes`);
  });

  test.each(['a', '...', '.hidden', 'ü'.repeat(127), 'x'.repeat(255), 'a b (1).tar.gz', 'back\\slash'])(
    'of files may be %j',
    (name) => {
      expect(updateFile.body.parse({ name })).toEqual({ name });
    },
  );
});

describe('job definitions', () => {
  const analysis = {
    analysis: { code: 'user_included' },
    command: '',
    hardware: { coreType: 'granite', coresPerSlot: 2 },
  };
  const parse = (changes: object, inAnalysis: object = {}, inHardware: object = {}) =>
    createJob.body.parse({
      name: 'x',
      jobanalyses: [{ ...analysis, ...inAnalysis, hardware: { ...analysis.hardware, ...inHardware } }],
      ...changes,
    });

  test.each([
    [null, null],
    ['', null],
    ['AbCdE', 'AbCdE'],
    [undefined, undefined],
  ])('projectId %j means %j', (given, meant) => {
    expect(parse({ projectId: given }).projectId).toBe(meant);
  });

  test.each([
    ['', null],
    [null, null],
    [undefined, null],
    ['12', 12],
    [12.0, 12],
    [1.5, 1.5],
    ['0.25', 0.25],
  ])('walltime %j means %j', (given, meant) => {
    expect(parse({}, {}, { walltime: given }).jobanalyses[0]!.hardware.walltime).toBe(meant);
  });

  test.each([
    [null, null],
    ['', null],
    ['rescale', { code: 'rescale', name: 'rescale' }],
    [
      { code: 'a', name: 'A' },
      { code: 'a', name: 'A' },
    ],
    [{ code: 'a' }, { code: 'a', name: 'a' }],
  ])('onDemandLicenseSeller %j means %j', (given, meant) => {
    expect(parse({}, { onDemandLicenseSeller: given }).jobanalyses[0]!.onDemandLicenseSeller).toEqual(meant);
  });

  test('keep the command to the byte', () => {
    const command = '\n  cd x\r\n\t./Allrun \n';
    expect(parse({}, { command }).jobanalyses[0]!.command).toBe(command);
  });

  test('refuse commands that are too long, and variables that no environment can hold', () => {
    expect(() => parse({}, { command: 'x'.repeat(MAX_COMMAND_LENGTH + 1) })).toThrow('no more than');
    for (const name of ['', 'a=b', 'a b', 'a\0']) {
      expect(() => parse({}, { envVars: { [name]: '1' } })).toThrow('name of a variable');
    }
    expect(() => parse({}, { envVars: { a: null } })).toThrow('may not be null');
    expect(() => parse({}, { envVars: { a: {} } })).toThrow('Not a valid string');
    const many = Object.fromEntries(Array.from({ length: 1001 }, (_, index) => [`V${index}`, '']));
    expect(() => parse({}, { envVars: many })).toThrow('no more than 1000 variables');
  });

  test('refuse an empty list of analyses', () => {
    expect(words(createJob.body, { name: 'x', jobanalyses: [] })).toEqual(['This list may not be empty.']);
  });
});
