import { expect, test } from 'vitest';
import { flatten, toRows } from './compare-rows.ts';
import { readSubjects, subjectText } from './subjects.ts';

test('an address names jobs and runs, each once, six at most', () => {
  expect(readSubjects('AbCdEf,AbCdEf.3, GhIjKl')).toEqual([
    { jobId: 'AbCdEf', runId: null },
    { jobId: 'AbCdEf', runId: '3' },
    { jobId: 'GhIjKl', runId: null },
  ]);
  expect(readSubjects('AbCdEf,AbCdEf,<b>,a.0,a.b,../x,').map(subjectText)).toEqual(['AbCdEf']);
  expect(readSubjects('a,b,c,d,e,f,g')).toHaveLength(6);
  expect(readSubjects(undefined)).toEqual([]);
});

test('a definition is its values by their paths', () => {
  expect(flatten({ name: 'x', tags: [], a: { b: [1, { c: false }] }, none: null, blank: '' })).toEqual([
    { name: 'name', text: 'x' },
    { name: 'a.b[0]', text: '1' },
    { name: 'a.b[1].c', text: 'false' },
  ]);
});

test('rows say whether all are the same; what one lacks is a difference', () => {
  const facts = (values: Record<string, string>) =>
    Object.entries(values).map(([name, text]) => ({ name, text }));
  expect(toRows([facts({ a: '1', b: '2' }), facts({ a: '1', c: '3' }), facts({ a: '1', b: '2' })])).toEqual([
    { name: 'a', cells: ['1', '1', '1'], differs: false },
    { name: 'b', cells: ['2', null, '2'], differs: true },
    { name: 'c', cells: [null, '3', null], differs: true },
  ]);
});
