import { expect, test } from 'vitest';
import { su2 } from '../../presets/su2.ts';
import { choiceOf, NO_OPTIONS } from './choose-columns.ts';
import { ROW_NUMBER } from './plot-data.ts';

test('the first column is the axis, and the first of the others are the lines', () => {
  const names = ['t', ...Array.from({ length: 20 }, (_, index) => `p${index}`)];
  expect(choiceOf(names, null, NO_OPTIONS)).toMatchObject({ x: 't', ys: names.slice(1, 9), logY: false });
});

test('a single column goes along its rows', () => {
  expect(choiceOf(['p'], null, NO_OPTIONS)).toMatchObject({ x: ROW_NUMBER, ys: ['p'] });
});

test('a preset says what is shown at first, and somebody may want something else', () => {
  const names = ['Inner_Iter', 'Time(sec)', 'rms[Rho]', 'CL'];
  expect(choiceOf(names, su2, NO_OPTIONS).ys).toEqual(['rms[Rho]']);
  expect(choiceOf(names, su2, { ...NO_OPTIONS, ys: ['CL', 'gone'], x: 'gone' })).toMatchObject({
    x: 'Inner_Iter',
    ys: ['CL'],
  });
});
