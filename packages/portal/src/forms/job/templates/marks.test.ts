import { expect, test } from 'vitest';
import { namesIn, partsOf, partsWithProblem } from './marks.ts';

test('what was put in is marked on both sides, whatever looks like it elsewhere', () => {
  const template = 'x = ${x}.5\n2.5 ${y?string("0.0")} end\n';
  const inserts = [
    { line: 1, column: 5, length: 4, text: '2.5' },
    { line: 2, column: 5, length: 18, text: '2.5' },
  ];
  const { template: left, rendered: right } = partsOf(template, 'x = 2.5.5\n2.5 2.5 end\n', inserts);
  expect(left.map(({ text }) => text).join('')).toBe(template);
  expect(right.map(({ text }) => text).join('')).toBe('x = 2.5.5\n2.5 2.5 end\n');
  expect(right.filter(({ other }) => other !== null)).toEqual([
    { text: '2.5', other: '${x}' },
    { text: '2.5', other: '${y?string("0.0")}' },
  ]);
});

test('where filling in fails is marked as a whole', () => {
  expect(partsWithProblem('a\nb ${x?string("0")} c', { line: 2, column: 13 })).toEqual([
    'a\nb ',
    '${x?string("0")}',
    ' c',
  ]);
  expect(partsWithProblem('a', { line: 9, column: 1 })).toEqual(['a', '', '']);
});

test('names are found once each, and texts that are to stay are none', () => {
  expect(namesIn('${x} ${ y!1 } ${(z!0)?string("0")} ${x} ${r"${kept}"} ${r} $x {x}')).toEqual([
    'x',
    'y',
    'z',
    'r',
  ]);
  expect(namesIn('')).toEqual([]);
});
