import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createJob, type IssueLike, toFieldErrors } from '../src/index.ts';

const issue = (path: PropertyKey[], message: string): IssueLike => ({ path, message });

function refusalOf(body: unknown): unknown {
  return toFieldErrors(createJob.body.safeParse(body).error!.issues);
}

describe('field errors', () => {
  test('are lists of strings under the fields, with {} for valid list items', () => {
    const good = { analysis: { code: 'a' }, command: '', hardware: { coreType: 'g', coresPerSlot: 2 } };
    const bad = { ...good, hardware: { coreType: 'g', coresPerSlot: 'two' } };
    expect(refusalOf({ jobanalyses: [good, bad, good] })).toEqual({
      name: ['This field is required.'],
      jobanalyses: [{}, { hardware: { coresPerSlot: ['A valid integer is required.'] } }],
    });
  });

  test('of a missing definition name the two required fields', () => {
    expect(refusalOf({})).toEqual({
      name: ['This field is required.'],
      jobanalyses: ['This field is required.'],
    });
  });

  test('of the wrong kinds of value say what came', () => {
    expect(refusalOf([])).toEqual({ non_field_errors: ['Invalid data. Expected an object, but got array.'] });
    expect(refusalOf({ name: {}, jobanalyses: {} })).toEqual({
      name: ['Not a valid string.'],
      jobanalyses: ['Expected a list of items but got type "object".'],
    });
    expect(refusalOf({ name: 'x', jobanalyses: ['echo'] })).toEqual({
      jobanalyses: [{ non_field_errors: ['Invalid data. Expected an object, but got string.'] }],
    });
  });

  test('about an object stand beside those inside it', () => {
    expect(toFieldErrors([issue([], 'whole'), issue(['a'], 'object'), issue(['a', 'b'], 'inside')])).toEqual({
      non_field_errors: ['whole'],
      a: { non_field_errors: ['object'], b: ['inside'] },
    });
  });

  test('keep several messages of a field, each once', () => {
    expect(toFieldErrors([issue(['a'], 'x'), issue(['a'], 'y'), issue(['a'], 'x')])).toEqual({
      a: ['x', 'y'],
    });
  });

  test('of thousands of bad items are one message about their number', () => {
    const body = refusalOf({ name: 'x', jobanalyses: Array.from({ length: 100_000 }, () => 1) });
    expect(body).toEqual({ jobanalyses: ['Ensure this list has no more than 100 items.'] });
  });

  test('under a key named __proto__ are kept as data', () => {
    const body = toFieldErrors([issue(['__proto__'], 'x')]);
    expect(JSON.stringify(body)).toBe('{"__proto__":["x"]}');
  });

  test('of an absurd index do not make an absurd list', () => {
    const body = toFieldErrors([issue(['a', 5_000_000], 'x')]);
    expect(JSON.stringify(body).length).toBeLessThan(1000);
  });

  test('never lose a message, whatever the paths', () => {
    const path = fc.array(fc.oneof(fc.constantFrom('a', 'b', 'c'), fc.nat(3)), { maxLength: 4 });
    const issues = fc.array(fc.record({ path, message: fc.uuid() }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(issues, (list) => {
        const text = JSON.stringify(toFieldErrors(list));
        for (const { message } of list) {
          expect(text).toContain(message);
        }
      }),
    );
  });
});
