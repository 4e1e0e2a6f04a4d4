import type { Numbers } from './numbers.ts';

export type ValueRange = readonly [low: number, high: number];

/** The least and the largest of what has a value; null where nothing has. */
export function rangeOf(values: ArrayLike<number>): ValueRange | null {
  let low = Infinity;
  let high = -Infinity;
  for (let index = 0; index < values.length; index++) {
    const value = values[index]!;
    if (Number.isFinite(value)) {
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
  }
  return low <= high ? [low, high] : null;
}

/** One number for each point or cell: a component, or for -1 the length of the vector. */
export function componentOf(values: Numbers, components: number, component: number): Numbers {
  if (components === 1) {
    return values;
  }
  const found = new Float64Array(Math.floor(values.length / components));
  for (let index = 0; index < found.length; index++) {
    const from = index * components;
    if (component >= 0) {
      found[index] = values[from + component]!;
      continue;
    }
    let sum = 0;
    for (let each = 0; each < components; each++) {
      sum += values[from + each]! ** 2;
    }
    found[index] = Math.sqrt(sum);
  }
  return found;
}

/** How the range of colours is chosen. */
export type RangeChoice =
  | { kind: 'data' }
  | { kind: 'symmetric' }
  | { kind: 'fixed'; low: number; high: number };

/** `sym`, or `low..high` as it stands in an address; anything else is that of the data. */
export function parseRange(text: string | undefined): RangeChoice {
  if (text === 'sym') {
    return { kind: 'symmetric' };
  }
  const [low, high] = (text ?? '')
    .split('..')
    .map((part) => (part.trim() === '' ? Number.NaN : Number(part)));
  return Number.isFinite(low) && Number.isFinite(high) && low! < high!
    ? { kind: 'fixed', low: low!, high: high! }
    : { kind: 'data' };
}

export function formatRange(choice: RangeChoice): string | undefined {
  switch (choice.kind) {
    case 'data':
      return undefined;
    case 'symmetric':
      return 'sym';
    case 'fixed':
      return `${choice.low}..${choice.high}`;
  }
}

/** The range that is shown, never empty, since colours are spread over it. */
export function chosenRange(choice: RangeChoice, ofData: ValueRange | null): ValueRange {
  if (choice.kind === 'fixed') {
    return [choice.low, choice.high];
  }
  const [low, high] = ofData ?? [0, 1];
  if (choice.kind === 'symmetric') {
    const most = Math.max(Math.abs(low), Math.abs(high)) || 1;
    return [-most, most];
  }
  if (low < high) {
    return [low, high];
  }
  const margin = Math.abs(low) / 1000 || 0.5;
  return [low - margin, high + margin];
}
