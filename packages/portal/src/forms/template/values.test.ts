import type { TemplateField } from '@quarry/sdk';
import { expect, test } from 'vitest';
import { isMissing, restored, startOf, toKeep, toValues } from './values.ts';

const field = (
  name: string,
  type: TemplateField['type'],
  more: Partial<TemplateField> = {},
): TemplateField => ({
  ...{ name, type, label: name, help: '', unit: null, min: null, max: null, options: [] },
  ...{ required: true, default: null, target: null },
  ...more,
});
const fields = [
  field('speed', 'number', { default: 1.5 }),
  field('note', 'text', { required: false }),
  field('isQuick', 'boolean', { default: true }),
  field('mesh', 'file'),
  field('meshes', 'files', { default: ['a', 'b'] }),
];

test('a form begins with the defaults, and sends them as the fields take them', () => {
  const start = startOf(fields);
  expect(start).toEqual({ speed: '1.5', note: '', isQuick: true, mesh: [], meshes: ['a', 'b'] });
  expect(toValues(fields, start)).toEqual({
    speed: '1.5',
    note: null,
    isQuick: true,
    mesh: null,
    meshes: ['a', 'b'],
  });
});

test('a decimal comma is a point, and an empty field is none', () => {
  expect(toValues(fields.slice(0, 1), { speed: ' 3,25 ' })).toEqual({ speed: '3.25' });
  expect(toValues(fields.slice(0, 1), { speed: ' ' })).toEqual({ speed: null });
  expect(toValues([field('note', 'text')], { note: '1,5' })).toEqual({ note: '1,5' });
});

test('what has to be filled in is missing while it is empty', () => {
  expect(fields.filter((each) => isMissing(each, startOf(fields))).map(({ name }) => name)).toEqual(['mesh']);
});

test('what was typed before comes back, but for fields that are others now', () => {
  const kept = JSON.stringify({ speed: '7', note: 5, isQuick: false, mesh: ['id'], meshes: [1], gone: 'x' });
  expect(restored(fields, kept)).toEqual({
    speed: '7',
    note: '',
    isQuick: false,
    mesh: ['id'],
    meshes: ['a', 'b'],
  });
  for (const text of [null, '{', '5', '[]']) {
    expect(restored(fields, text)).toEqual(startOf(fields));
  }
});

test('what nobody has changed is not kept, so that another default is not hidden by it', () => {
  const start = startOf(fields);
  expect(toKeep(fields, start)).toBeNull();
  const kept = toKeep(fields, { ...start, note: 'x', meshes: [] });
  expect(JSON.parse(kept!)).toEqual({ note: 'x', meshes: [] });
  const later = fields.map((each) => (each.name === 'speed' ? { ...each, default: 9 } : each));
  expect(restored(later, kept)).toEqual({ ...start, speed: '9', note: 'x', meshes: [] });
});
