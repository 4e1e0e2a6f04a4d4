import { expect, test } from 'vitest';
import { axesOnScreen, formatCamera, parseCamera } from './camera.ts';
import { ticksOf } from './colour-legend.tsx';
import { COLOUR_MAPS, colourAt, stopsOf } from './colour-maps.ts';
import { formatOptions, parseOptions, planeOf, shownArray, shownComponent } from './mesh-options.ts';
import { pickPolygon } from './pick.ts';
import { numberedSeries } from './series.ts';
import { chosenRange, componentOf, parseRange, rangeOf } from './value-range.ts';

test('what is chosen comes back from the address', () => {
  const search = formatOptions({
    array: { association: 'cell', name: 'p: <b>' },
    component: 2,
    range: { kind: 'fixed', low: -1e-7, high: 2.5 },
    map: 'cividis',
    unit: 'm/s',
    areEdgesShown: true,
    opacity: 0.5,
    cut: { axis: 1, share: 0.25, isFlipped: true },
    step: 7,
  });
  expect(search).toEqual({
    array: 'c:p: <b>',
    comp: '2',
    range: '-1e-7..2.5',
    map: 'cividis',
    unit: 'm/s',
    edges: '1',
    opacity: '0.5',
    clip: 'y-:0.25',
    step: '7',
  });
  expect(formatOptions(parseOptions(search))).toEqual(search);
});

test('an address without choices, or with nonsense, shows what is shown first', () => {
  const first = parseOptions({});
  expect(first).toMatchObject({
    array: undefined,
    component: -1,
    map: 'viridis',
    opacity: 1,
    cut: null,
    step: null,
  });
  expect(
    parseOptions({ array: 'x', comp: '-9', range: '5..1', map: 'jet', opacity: '0', clip: 'w:3', step: 'a' }),
  ).toEqual(first);
  expect(Object.values(formatOptions(first)).every((value) => value === undefined)).toBe(true);
});

test('an array that is not there gives way to the first, and a component to the length', () => {
  const arrays = [
    { association: 'point', name: 'T', components: 1, unit: null },
    { association: 'cell', name: 'T', components: 3, unit: null },
  ] as const;
  expect(shownArray({ association: 'cell', name: 'T' }, arrays)).toBe(arrays[1]);
  expect(shownArray({ association: 'cell', name: 'gone' }, arrays)).toBe(arrays[0]);
  expect(shownArray(null, arrays)).toBeNull();
  expect([shownComponent(2, 3), shownComponent(3, 3), shownComponent(2, 1)]).toEqual([2, -1, 0]);
});

test('ranges leave out what has no value, and are never empty', () => {
  expect(rangeOf([Number.NaN, 3, Infinity, -2])).toEqual([-2, 3]);
  expect(rangeOf([Number.NaN])).toBeNull();
  expect(chosenRange({ kind: 'data' }, [-2, 3])).toEqual([-2, 3]);
  expect(chosenRange({ kind: 'symmetric' }, [-2, 3])).toEqual([-3, 3]);
  expect(chosenRange(parseRange('1..2'), [-2, 3])).toEqual([1, 2]);
  const [low, high] = chosenRange({ kind: 'data' }, [5, 5]);
  expect(low < 5 && high > 5).toBe(true);
  expect(chosenRange({ kind: 'data' }, [0, 0])).toEqual([-0.5, 0.5]);
  expect(chosenRange({ kind: 'symmetric' }, null)).toEqual([-1, 1]);
});

test('a vector is one number: a component or its length', () => {
  const values = new Float32Array([3, 4, 0, 0, 0, -2]);
  expect([...componentOf(values, 3, -1)]).toEqual([5, 2]);
  expect([...componentOf(values, 3, 2)]).toEqual([0, -2]);
});

test('maps go from their first colour to their last, and never twice through the same', () => {
  for (const map of COLOUR_MAPS) {
    const stops = stopsOf(map);
    expect(new Set(stops).size).toBe(stops.length);
    const hex = (share: number) =>
      `#${colourAt(map, share)
        .map((part) => part.toString(16).padStart(2, '0'))
        .join('')}`;
    expect([hex(0), hex(1), hex(-5), hex(9)]).toEqual([stops[0], stops.at(-1), stops[0], stops.at(-1)]);
    expect(hex(0.5)).toBe(stops[16]);
  }
});

test('the brightness of viridis and cividis rises all the way, so that order is seen without colours', () => {
  for (const map of ['viridis', 'cividis'] as const) {
    const brightness = Array.from({ length: 101 }, (_, index) => {
      const [red, green, blue] = colourAt(map, index / 100);
      return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    });
    expect(brightness).toEqual([...brightness].sort((one, other) => one - other));
  }
});

test('a camera comes back from the address; one that sees nothing is none', () => {
  const place = { position: [500123.456, 0, -2], focus: [0, 0, 0], up: [0, 0, 1] } as const;
  expect(parseCamera(formatCamera(place))).toEqual({ ...place, position: [500123.5, 0, -2] });
  for (const text of [
    undefined,
    '',
    '1,2,3',
    '0,0,0,0,0,0,0,0,1',
    '0,0,1,0,0,0,0,0,1',
    '0,0,1,0,0,0,0,1,x',
  ]) {
    expect(parseCamera(text)).toBeNull();
  }
  const [x, , z] = axesOnScreen({ position: [0, -5, 0], focus: [0, 0, 0], up: [0, 0, 1] });
  expect([x, z].map((axis) => axis!.map(Math.round))).toEqual([
    [1, 0],
    [0, 1],
  ]);
});

test('the nearest face is picked, and what is cut away is not in its way', () => {
  const surface = {
    points: new Float32Array([0, 0, 0, 1, 0, 0, 1, 1, 0, 0, 1, 0, 0, 0, 5, 1, 0, 5, 1, 1, 5, 0, 1, 5]),
    pointIds: new Uint32Array([10, 11, 12, 13, 20, 21, 22, 23]),
    vertices: new Uint32Array([1, 0]),
    lines: new Uint32Array([2, 0, 1]),
    polygons: new Uint32Array([4, 0, 1, 2, 3, 4, 4, 5, 6, 7]),
    cellIds: new Uint32Array([100, 101, 7, 8]),
  };
  const pick = (z: number, clip: Parameters<typeof pickPolygon>[3] = null) =>
    pickPolygon(surface, [0.9, 0.8, z], [0, 0, -1], clip);
  expect(pick(9)).toEqual({ place: [0.9, 0.8, 5], pointId: 22, cellId: 8 });
  expect(pick(3)).toMatchObject({ pointId: 12, cellId: 7 });
  expect(pick(9, planeOf({ axis: 2, share: 0.5, isFlipped: false }, [0, 1, 0, 1, 0, 5]))).toMatchObject({
    cellId: 7,
  });
  expect(pickPolygon(surface, [5, 5, 9], [0, 0, -1], null)).toBeNull();
});

test('files with the same name and another number are a series, in the order of the numbers', () => {
  const paths = ['a/f_10.vtu', 'a/f_9.vtu', 'a/f_9.vtk', 'b/f_1.vtu', 'a/f_x.vtu', 'a/f.vtu'];
  expect(numberedSeries('a/f_9.vtu', paths)).toEqual([
    { path: 'a/f_9.vtu', label: '9' },
    { path: 'a/f_10.vtu', label: '10' },
  ]);
  expect(numberedSeries('b/f_1.vtu', paths)).toEqual([]);
  expect(numberedSeries('a/f.vtu', paths)).toEqual([]);
});

test('the pieces of several processors are no series', () => {
  expect(numberedSeries('f_0.vtu', ['f_0.vtu', 'f_1.vtu', 'f.pvtu'])).toEqual([]);
  expect(numberedSeries('g_0.vtu', ['g_0.vtu', 'g_1.vtu', 'f.pvtu'])).toHaveLength(2);
});

test('the legend has as many digits as tell its values apart', () => {
  expect(ticksOf([0, 2])).toEqual(['0', '0.5', '1', '1.5', '2']);
  expect(ticksOf([101_325, 101_325.4])).toEqual([
    '101,325',
    '101,325.1',
    '101,325.2',
    '101,325.3',
    '101,325.4',
  ]);
  expect(ticksOf([-1e-9, 1e-9])).toEqual(['-1E-9', '-5E-10', '0', '5E-10', '1E-9']);
  expect(new Set(ticksOf([1e12, 1e12 + 1])).size).toBe(5);
});
