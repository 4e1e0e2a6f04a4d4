/** Where the values of a column stand on an axis from 0, below, to 1; and what stands at a place. */
export type ScaleKind = 'linear' | 'log' | 'rank';

export interface AxisValues {
  values: Float64Array;
  /** Texts by their places in `values`; null of numbers. */
  categories: readonly string[] | null;
  min: number;
  max: number;
}

export interface Tick {
  place: number;
  value: number;
}

export interface AxisScale {
  place(value: number): number;
  value(place: number): number;
  ticks: readonly Tick[];
}

/** What stands below the axis: runs without a value. */
export const MISSING = -1;

const TICKS = 5;
const MAX_CATEGORY_TICKS = 12;
const STEPS = [1, 2, 5, 10];

/** Whether a column can have a logarithmic axis: all that it holds is positive. */
export function canBeLogarithmic({ categories, min }: Pick<AxisValues, 'categories' | 'min'>): boolean {
  return categories === null && min > 0;
}

export function createScale(axis: AxisValues, wanted: ScaleKind, isFlipped: boolean): AxisScale {
  const kind = axis.categories !== null || (wanted === 'log' && !canBeLogarithmic(axis)) ? 'linear' : wanted;
  const upright = kind === 'rank' ? rankScale(axis) : kind === 'log' ? logScale(axis) : linearScale(axis);
  if (!isFlipped) {
    return upright;
  }
  return {
    place: (value) => 1 - upright.place(value),
    value: (place) => upright.value(1 - place),
    ticks: upright.ticks.map(({ place, value }) => ({ place: 1 - place, value })),
  };
}

/** The place of each value, `MISSING` for those without one. */
export function placesOf(values: Float64Array, scale: AxisScale, into: Float32Array): void {
  for (let row = 0; row < values.length; row++) {
    const value = values[row]!;
    into[row] = Number.isNaN(value) ? MISSING : scale.place(value);
  }
}

function linearScale({ min, max, categories }: AxisValues): AxisScale {
  const span = max - min;
  const place = (value: number) => (span > 0 ? (value - min) / span : 0.5);
  const values = categories === null ? niceValues(min, max) : categoryTicks(categories.length);
  return {
    place,
    value: (at) => (span > 0 ? min + at * span : min),
    ticks: values.map((value) => ({ place: place(value), value })),
  };
}

function logScale({ min, max }: AxisValues): AxisScale {
  const [low, high] = [Math.log10(min), Math.log10(max)];
  const span = high - low;
  const place = (value: number) => (span > 0 && value > 0 ? (Math.log10(value) - low) / span : 0.5);
  const decades: number[] = [];
  const every = Math.max(1, Math.ceil(span / TICKS));
  for (let power = Math.ceil(low); power <= Math.floor(high + 1e-9); power += every) {
    decades.push(10 ** power);
  }
  const values = decades.length >= 2 ? decades : [min, max];
  return {
    place,
    value: (at) => (span > 0 ? 10 ** (low + at * span) : min),
    ticks: values.map((value) => ({ place: place(value), value })),
  };
}

/** Every run has the same room, whatever its value: equal values share the middle of their ranks. */
function rankScale({ values }: AxisValues): AxisScale {
  const sorted = values.filter((value) => !Number.isNaN(value)).sort();
  const last = Math.max(1, sorted.length - 1);
  const place = (value: number) => {
    const [from, to] = [lowerBound(sorted, value), upperBound(sorted, value)];
    return Math.min(1, Math.max(0, (from < to ? (from + to - 1) / 2 : from - 0.5) / last));
  };
  const value = (at: number) => {
    const rank = Math.min(1, Math.max(0, at)) * (sorted.length - 1);
    const below = Math.floor(rank);
    const [left = Number.NaN, right = left] = [sorted[below], sorted[below + 1]];
    return left + (right - left) * (rank - below);
  };
  const ticks = [0, 0.25, 0.5, 0.75, 1].map((at) => ({ place: at, value: value(at) }));
  return { place, value, ticks: sorted.length === 0 ? [] : ticks };
}

/** Round numbers between two ends, some five of them. */
export function niceValues(min: number, max: number): number[] {
  if (!(max > min)) {
    return Number.isFinite(min) ? [min] : [];
  }
  const rough = (max - min) / TICKS;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = STEPS.map((each) => each * power).find((each) => each >= rough) ?? rough;
  const first = Math.ceil(min / step - 1e-9);
  const last = Math.floor(max / step + 1e-9);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) =>
    Number(((first + index) * step).toPrecision(12)),
  );
}

function categoryTicks(count: number): number[] {
  const every = Math.ceil(count / MAX_CATEGORY_TICKS);
  return Array.from({ length: Math.ceil(count / every) }, (_, index) => index * every);
}

/** How many of the sorted values are smaller. */
function lowerBound(sorted: Float64Array, value: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! < value) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

/** How many of the sorted values are no larger. */
function upperBound(sorted: Float64Array, value: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! <= value) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}
