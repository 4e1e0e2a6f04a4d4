import { expect, test } from 'vitest';
import { fieldsOf, fromText, NEW_TEMPLATE, toText } from './template-text.ts';

test('what is shown is what was typed, without what is so by default', () => {
  const text = toText(NEW_TEMPLATE);
  expect(fromText(text)).toEqual({ template: NEW_TEMPLATE });
  const [hours] = fieldsOf(NEW_TEMPLATE);
  expect(toText({ ...NEW_TEMPLATE, fields: [hours] })).toContain('"unit": "h"');
  expect(toText({ ...NEW_TEMPLATE, fields: [hours] })).not.toContain('"help"');
});

test('what is no template says why', () => {
  expect(fromText('{')).toEqual({ problem: expect.stringMatching(/JSON/) });
  expect(fromText('[]')).toEqual({ problem: '' });
});

test('fields are looked at while they are written, and what is none is left out', () => {
  const fields = fieldsOf({
    fields: [
      null,
      'text',
      { name: 'a', type: 'nonsense' },
      { name: 'b', type: 'choice', options: ['x', 2, { value: 'y', label: 'Y' }], default: { a: 1 } },
      { name: 'b', type: 'text' },
      { name: 'c', type: 'number', min: '1', label: 5, required: false },
    ],
  });
  expect(fields.map(({ name, label, required }) => [name, label, required])).toEqual([
    ['b', 'b', true],
    ['c', 'c', false],
  ]);
  expect(fields[0]).toMatchObject({
    options: [
      { value: 'x', label: 'x' },
      { value: '2', label: '2' },
      { value: 'y', label: 'Y' },
    ],
    default: null,
  });
  expect(fields[1]!.min).toBe(null);
  expect(fieldsOf({ fields: 'x' })).toEqual([]);
});
