import { expect, test } from 'vitest';
import { plotToCsv } from './chart-export.ts';
import type { Plot } from './plot-data.ts';

const line = (label: string) => ({ label, points: 0, first: 0, last: 0, min: 0, max: 0 });
const plot: Plot = {
  x: Float64Array.of(0.5, 1e-7),
  ys: [
    [1.25, null],
    [undefined, -3],
  ],
  lines: [line('a, "b"'), line('=HYPERLINK("x")')],
  isTime: false,
  isCounted: false,
  hidden: 0,
};

test('what is shown is taken away as numbers that every program reads, and names that none computes', () => {
  expect(plotToCsv(plot, 'time')).toBe('time,"a, ""b""","\'=HYPERLINK(""x"")"\n0.5,1.25,\n1e-7,,-3\n');
});

test('dates are dates, in UTC', () => {
  expect(plotToCsv({ ...plot, x: Float64Array.of(0, 60), isTime: true }, 'when')).toContain(
    '1970-01-01T00:01:00.000Z,,-3',
  );
});
