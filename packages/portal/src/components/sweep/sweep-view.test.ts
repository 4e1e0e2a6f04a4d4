import { expect, test } from 'vitest';
import { parseSearch, stringifySearch } from '../../ui/search.ts';
import { readAxes, readBrushes, readView, writeAxes, writeBrushes, writeValues } from './sweep-view.ts';

const throughAddress = (name: string, value: string | undefined) =>
  parseSearch(stringifySearch({ [name]: value }))[name]!;

test('brushes and axes come back from the address as they went, whatever columns are called', () => {
  const brushes = [
    { column: 'x', from: 0.1, to: 1e-7 + 2 },
    { column: 'a:b, <b>&=%', from: Number.NEGATIVE_INFINITY, to: -3 },
    { column: 'ünï', from: 5, to: Number.POSITIVE_INFINITY },
  ];
  expect(readBrushes(throughAddress('brush', writeBrushes(brushes)))).toEqual(brushes);
  expect(writeBrushes([])).toBeUndefined();
  const axes = [
    { column: 'drag, total', scale: 'log' as const, isFlipped: true },
    { column: 'x', scale: 'linear' as const, isFlipped: false },
    { column: 'y', scale: 'rank' as const, isFlipped: false },
  ];
  expect(writeAxes(axes.slice(1))).toBe('x,y:rank');
  expect(readAxes(throughAddress('axes', writeAxes(axes)))).toEqual(axes);
});

test('an address that was cut or mistyped leaves out what it does not say', () => {
  expect(readBrushes('x:1:2,y,z:a:3,%E0%A4:1:2,:1:2,w:1:2:3')).toEqual([{ column: 'x', from: 1, to: 2 }]);
  expect(readBrushes('x:1:2,x:4:3')).toEqual([{ column: 'x', from: 3, to: 4 }]);
  expect(readAxes('x,x:log,,%')).toEqual([{ column: 'x', scale: 'log', isFlipped: false }]);
  expect(readView({ state: 'failed,odd', run: '0', at: 'x:1,y:z' })).toMatchObject({
    states: ['failed'],
    run: null,
    surface: { at: new Map([['x', 1]]) },
  });
  expect(writeValues(new Map([['a b', 0.5]]))).toBe('a%20b:0.5');
});
