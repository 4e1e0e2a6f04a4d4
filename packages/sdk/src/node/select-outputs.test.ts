import { describe, expect, test } from 'vitest';
import { selector } from './select-outputs.ts';

const paths = [
  'process_output.log',
  'mesh/wing.vtk',
  'run1/U',
  'run1/mesh/wing.vtk',
  'run12/out/a.csv',
  '.hidden',
];
const chosenBy = (include: string[], exclude: string[] = []) => paths.filter(selector({ include, exclude }));

describe('selector()', () => {
  test('takes everything where nothing is named', () => {
    expect(chosenBy([])).toEqual(paths);
  });

  test.each([
    [['*.vtk'], ['mesh/wing.vtk', 'run1/mesh/wing.vtk']],
    [['U'], ['run1/U']],
    [['mesh'], ['mesh/wing.vtk', 'run1/mesh/wing.vtk']],
    [['mesh/'], ['mesh/wing.vtk', 'run1/mesh/wing.vtk']],
    [['U/'], []],
    [['/mesh'], ['mesh/wing.vtk']],
    [['mesh/*'], ['mesh/wing.vtk']],
    [['run1/**'], ['run1/U', 'run1/mesh/wing.vtk']],
    [['run?'], ['run1/U', 'run1/mesh/wing.vtk']],
    [['run1*/**/*.csv'], ['run12/out/a.csv']],
    [['**/mesh/*.{vtk,vtu}'], ['mesh/wing.vtk', 'run1/mesh/wing.vtk']],
    [['./run12/out'], ['run12/out/a.csv']],
    [['.*'], ['.hidden']],
    [
      ['*.log', '*.csv'],
      ['process_output.log', 'run12/out/a.csv'],
    ],
  ])('%j takes %j', (include, chosen) => {
    expect(chosenBy(include)).toEqual(chosen);
  });

  test('what is excluded stays out, even where it is included', () => {
    expect(chosenBy(['*.vtk', 'U'], ['run1/mesh'])).toEqual(['mesh/wing.vtk', 'run1/U']);
    expect(chosenBy([], ['run*', '.*'])).toEqual(['process_output.log', 'mesh/wing.vtk']);
  });

  test.each(['', ' ', '/', '.', '../x', 'a/../../x'])('refuses %j in words', (pattern) => {
    expect(() => selector({ include: [pattern] })).toThrow('is no pattern for paths below a directory');
  });
});
