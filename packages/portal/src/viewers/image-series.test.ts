import { expect, test } from 'vitest';
import { picturesOf, seriesOf } from './image-series.ts';

test('pictures are a series by the number in which they differ, in its order', () => {
  const names = ['p_10.png', 'p_9.png', 'p_100.png', 'q_9.png', 'p_9.svg', 'p_x.png', 'p_.png'];
  expect(seriesOf('p_9.png', names)).toEqual(['p_9.png', 'p_10.png', 'p_100.png']);
});

test('of several numbers in a name that counts by which there are most', () => {
  const names = ['run1/u_01.png', 'run1/u_02.png', 'run1/u_03.png', 'run2/u_01.png'];
  expect(seriesOf('run1/u_01.png', names)).toEqual(names.slice(0, 3));
});

test('a single picture is no series', () => {
  expect(seriesOf('mesh.png', ['mesh.png', 'mesh2.png'])).toEqual([]);
  expect(seriesOf('a1.png', ['a1.png'])).toEqual([]);
  expect(picturesOf(['a.PNG', 'b.csv', 'c.svg'])).toEqual(['a.PNG', 'c.svg']);
});
