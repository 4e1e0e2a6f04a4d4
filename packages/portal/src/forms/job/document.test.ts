import { expect, test } from 'vitest';
import { nameOf, parse, read, unshown, write } from './document.ts';

const job = {
  name: 'wing',
  jobanalyses: [{ command: 'run', hardware: { coresPerSlot: 2 }, envVars: { A: '1' }, flags: {} }],
  resourceFilters: [{ pattern: '*' }],
  description: '',
};

test('a field changes its own part of the document, and leaves the document before it as it was', () => {
  const changed = write(job, ['jobanalyses', 0, 'hardware', 'slots'], 4);
  expect(read(changed, ['jobanalyses', 0, 'hardware'])).toEqual({ coresPerSlot: 2, slots: 4 });
  expect(read(changed, ['jobanalyses', 0, 'envVars'])).toEqual({ A: '1' });
  expect(read(job, ['jobanalyses', 0, 'hardware', 'slots'])).toBeUndefined();
});

test('what is missing on the way is made, and what is of another kind is replaced', () => {
  expect(write({}, ['jobanalyses', 0, 'analysis', 'code'], 'openfoam')).toEqual({
    jobanalyses: [{ analysis: { code: 'openfoam' } }],
  });
  expect(write({ jobanalyses: 'x' }, ['jobanalyses', 0], {})).toEqual({ jobanalyses: [{}] });
});

test('what is taken away is gone, from lists too', () => {
  expect(write({ a: [1, 2, 3] }, ['a', 1], undefined)).toEqual({ a: [1, 3] });
  expect(write({ a: 1, b: 2 }, ['a'], undefined)).toEqual({ b: 2 });
});

test('paths are written as the refusals of the server write them', () => {
  expect(nameOf(['jobanalyses', 0, 'hardware', 'coresPerSlot'])).toBe('jobanalyses[0].hardware.coresPerSlot');
});

test('what the form does not show is told, where it says anything', () => {
  expect(unshown(job, 0)).toEqual(['resourceFilters', 'envVars']);
});

test('a text that is no job says why', () => {
  expect(parse('{"name": "x"}')).toEqual({ document: { name: 'x' } });
  expect(parse('{"name": ')).toMatchObject({ problem: expect.stringMatching(/JSON/) });
  expect(parse('[1]')).toEqual({ problem: '' });
});
