import { expect, test } from 'vitest';
import { parseSearch } from '../../ui/search.ts';
import {
  boundInAddress,
  nextRunOrdering,
  readRunView,
  readSelectedRuns,
  resultColumn,
  toRunFilters,
  writeSelectedRuns,
} from './run-view.ts';

const filtersOf = (address: string) => toRunFilters(readRunView(parseSearch(address)));

test('an address says which runs are asked for', () => {
  expect(filtersOf('')).toEqual({});
  expect(filtersOf('state=failed&sort=-Cl')).toEqual({
    outcome: 'failed,walltime_exceeded',
    ordering: '-Cl',
  });
  expect(filtersOf('state=running')).toEqual({ state: 'executing' });
  expect(filtersOf('angle-min=5&Cd-max=0.3&angle-max=1e3')).toEqual({
    where: 'angle>=5,angle<=1000,Cd<=0.3',
  });
  expect(filtersOf('a-min-min=0')).toEqual({ where: 'a-min>=0' });
});

test('what an address says that is nothing here is not asked for', () => {
  expect(filtersOf('state=<b>&x-min=much&-min=1&y-max=&z-max=NaN&a,b-min=1&run=3')).toEqual({});
});

test('a decimal comma is a point', () => {
  expect(filtersOf('x-min=0,5')).toEqual({ where: 'x>=0.5' });
});

test('bounds that are open at both ends are none', () => {
  expect(boundInAddress({ column: 'x', min: null, max: 2 })).toEqual({ 'x-min': undefined, 'x-max': '2' });
});

test('the head of a column orders by it, then the other way round, then not', () => {
  expect(nextRunOrdering('Cd', 'run')).toBe('Cd');
  expect(nextRunOrdering('Cd', 'Cd')).toBe('-Cd');
  expect(nextRunOrdering('Cd', '-Cd')).toBeUndefined();
  expect(nextRunOrdering('run', 'run')).toBe('-run');
  expect(nextRunOrdering('run', '-Cd')).toBeUndefined();
});

test('a variable that is called like something about the run has a column of its own', () => {
  expect([resultColumn('run', true), resultColumn('Cd', false)]).toEqual(['run (input)', 'Cd']);
});

test('runs that are selected stand in the address, in the order in which they were', () => {
  expect(writeSelectedRuns(['7', '2'])).toBe('7.2');
  expect(readSelectedRuns('7.2')).toEqual(['7', '2']);
  expect(writeSelectedRuns([])).toBeUndefined();
  expect(readSelectedRuns(undefined)).toEqual([]);
  expect(readSelectedRuns('7.7.x.0.-1.1e3..12345678901.3')).toEqual(['7', '3']);
});
