import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { PresetParser } from '../viewers/chart/preset-parser.ts';
import { PRESETS, presetOfLog, presetOfSoftware } from './presets.ts';

const fixture = (name: string) => readFileSync(join(import.meta.dirname, 'fixtures', name), 'utf8');

/** The columns of a log, whatever the pieces in which it comes. */
function read(key: string, text: string, pieceBytes = 100): Record<string, number[]> {
  const preset = PRESETS.find((each) => each.key === key)!;
  const parser = new PresetParser(preset, 1000);
  const bytes = new TextEncoder().encode(text);
  for (let start = 0; start < bytes.length; start += pieceBytes) {
    parser.push(bytes.subarray(start, start + pieceBytes));
  }
  const { names, values } = parser.take();
  return Object.fromEntries(names.map((name, index) => [name, [...values[index]!]]));
}

/** As the platform writes the lines of a command into the log of its run. */
const stamped = (text: string) => text.replace(/^/gm, '[2026-01-05T09:00:01Z]: ');

test('residuals of OpenFOAM are those with which the equations of a step begin', () => {
  const log = fixture('simple-foam.log');
  expect(read('openfoam', log)).toEqual({
    Time: [1, 2, 3],
    Ux: [1, 0.192095, 0.123797],
    Uy: [0.990973, 0.522283, 0.303296],
    p: [1, 0.640331, 0.544211],
  });
  expect(read('openfoam', stamped(log), 1)).toEqual(read('openfoam', log));
});

test('of several pressure corrections of OpenFOAM the first counts', () => {
  expect(read('openfoam', fixture('ico-foam.log'))).toEqual({
    Time: [0.005, 0.01],
    Ux: [1, 0.160642],
    Uy: [0, 0.277082],
    p: [1, 0.389222],
  });
});

test('steps of the other line of OpenFOAM have a unit', () => {
  const log = fixture('simple-foam.log').replace(/^Time = (\d)$/gm, 'Time = $1s');
  expect(read('openfoam', log).Time).toEqual([1, 2, 3]);
});

test('iterations of CalculiX are counted over all increments', () => {
  const columns = read('calculix', stamped(fixture('calculix.log')));
  expect(columns.Iteration).toEqual([1, 2, 3, 4, 5, 6, 7]);
  expect(columns['largest residual force']!.slice(0, 4)).toEqual([215.31608, 1.696418, 0.001213, 6.435861]);
  expect(columns['largest correction to displacement']!.slice(0, 2)).toEqual([0.2934668, 0.01287597]);
});

test('the table of SU2 is read, and what stands below it is none of its rows', () => {
  expect(read('su2', fixture('su2.log'))).toEqual({
    Inner_Iter: [0, 1, 2],
    'Time(sec)': [0.0512, 0.1043, 0.1521],
    'rms[Rho]': [-2.045069, -2.120745, -2.20331],
    'rms[RhoE]': [-1.83513, -1.910657, -2.001744],
    CL: [0.002215, 0.008021, 0.01493],
    CD: [0.03112, 0.030612, 0.030108],
  });
});

test.each([
  ['simple-foam.log', 'openfoam'],
  ['calculix.log', 'calculix'],
  ['su2.log', 'su2'],
])('%s is known as that of %s', (name, key) => {
  expect(presetOfLog(stamped(fixture(name)))?.key).toBe(key);
});

test('software is known by its code, with the suffix of a site', () => {
  expect(presetOfSoftware('openfoam_plus')?.key).toBe('openfoam');
  expect(presetOfSoftware('calculix-mpi')?.key).toBe('calculix');
  expect(presetOfSoftware('user_included')).toBe(null);
  expect(presetOfLog('[2026-01-05T09:00:01Z]: hello')).toBe(null);
});

// Where an expression goes back over what it has tried, this takes minutes.
test('a line of any length is passed over', () => {
  const lines = [
    `|${'    1    |'.repeat(20_000)}`,
    ` iteration${' '.repeat(200_000)}x`,
    `Time = ${'1'.repeat(200_000)}x`,
  ];
  for (const { key } of PRESETS) {
    expect(Object.values(read(key, `${lines.join('\n')}\n`, 65_536)).flat()).toEqual([]);
  }
});
