/** Texts of any length come in requests: none of them may keep the server busy, or become more than a request can hold. */
import { type ParsedTemplateField, runListQuery, templateFieldDefinition } from '@quarry/contract';
import { expect, test } from 'vitest';
import { LIMITS } from '../limits.ts';
import { Problem } from '../problems.ts';
import { numberOf } from '../sweeps/analysis/number-of.ts';
import { checkValue } from './check-value.ts';
import { fillIn } from './fill-in.ts';

const fieldOf = (name: string, type: 'number' | 'text'): ParsedTemplateField =>
  templateFieldDefinition.parse({ name, label: name, type });

/** Tried at each of their digits they would take minutes. */
const LONG = 300_000;
const SOON_MS = 2000;

function timed<Result>(work: () => Result): Result {
  const begun = performance.now();
  const result = work();
  expect(performance.now() - begun).toBeLessThan(SOON_MS);
  return result;
}

test('a long text of digits that is no number is found to be none at once', { timeout: 600_000 }, () => {
  for (const text of [`${'1'.repeat(LONG)}x`, `1.${'1'.repeat(LONG)}x`, `1${' '.repeat(LONG)}x`]) {
    expect(timed(() => numberOf(text))).toBeNull();
    expect(timed(() => checkValue(fieldOf('speed', 'number'), text))).toEqual({
      problem: 'A valid number is required.',
    });
  }
});

test('texts that are numbers still are', () => {
  const texts = ['1', '1.', '.5', ' -1.5e3 ', '+2E-3', '1e', '.', '', '0x1', '1 2'];
  expect(texts.map(numberOf)).toEqual([1, 1, 0.5, -1500, 0.002, null, null, null, null, null]);
});

test('a long text of blanks is no condition on runs, and found to be none at once', () => {
  const where = `a${' '.repeat(15_000)}b`;
  const began = performance.now();
  expect(runListQuery.safeParse({ where }).success).toBe(false);
  expect(performance.now() - began).toBeLessThan(50);
  expect(runListQuery.parse({ where: ' angle >= 5 , shape=round' }).where).toEqual([
    { column: 'angle', operator: '>=', value: '5' },
    { column: 'shape', operator: '=', value: 'round' },
  ]);
});

test('values that each tile gets are refused where together they are more than a request can hold', () => {
  const fields = Array.from({ length: 100 }, (_, index) => fieldOf(`text_${index}`, 'text'));
  const text = 'x'.repeat(LIMITS.templateTextCharacters);
  const values = Object.fromEntries(fields.map(({ name }) => [name, text]));
  const definition = { jobanalyses: Array.from({ length: 100 }, () => ({ command: 'true' })) };
  const refusal = (() => {
    try {
      return fillIn({ fields, definition }, values);
    } catch (error) {
      return error;
    }
  })();
  expect(refusal).toBeInstanceOf(Problem);
  expect(refusal).toMatchObject({
    kind: 'invalid',
    fields: { values: { text_2: [expect.stringContaining('100 tiles')] } },
  });
});
