/** How a brush on an axis follows a pointer or keys, in places from 0 to 1. */

import type { Brush } from './selection.ts';
import type { ShownAxis } from './shown-axes.ts';

/** Lower and upper end as places. */
export type Span = readonly [low: number, high: number];

const STEP = 0.02;
const FAR_STEP = 0.1;
const FIRST: Span = [0.4, 0.6];
/** Digits of the values that a brush ends at. */
const DIGITS = 4;

const clamp = (place: number) => Math.min(1, Math.max(0, place));

export function spanOf({ scale }: ShownAxis, { from, to }: Omit<Brush, 'column'>): Span {
  const [a, b] = [clampOpen(scale.place(from), from, scale), clampOpen(scale.place(to), to, scale)];
  return a <= b ? [a, b] : [b, a];
}

/** An end that is open stands where its side of the axis ends, whichever way the axis is turned. */
function clampOpen(place: number, value: number, scale: ShownAxis['scale']): number {
  if (Number.isFinite(value)) {
    return clamp(place);
  }
  const isUpright = scale.value(1) >= scale.value(0);
  return value > 0 === isUpright ? 1 : 0;
}

/** The values that a span selects. An end of the axis is open, so that rounding leaves out nothing that is there. */
export function brushOf({ scale, data }: ShownAxis, [low, high]: Span): Omit<Brush, 'column'> {
  const ends = [low, high].map((place) => ({ place, value: scale.value(clamp(place)) }));
  const [from, to] = ends[0]!.value <= ends[1]!.value ? [ends[0]!, ends[1]!] : [ends[1]!, ends[0]!];
  if (data.categories !== null) {
    const [first, last] = [Math.ceil(from.value - 0.5 + 1e-9), Math.floor(to.value + 0.5 - 1e-9)];
    return { from: first, to: Math.max(first, last) };
  }
  const isEnd = (place: number) => place <= 0 || place >= 1;
  const isEverything = low <= 0 && high >= 1;
  return {
    from:
      isEnd(from.place) && !isEverything && from.value <= data.min
        ? Number.NEGATIVE_INFINITY
        : round(from.value, data),
    to:
      isEnd(to.place) && !isEverything && to.value >= data.max
        ? Number.POSITIVE_INFINITY
        : round(to.value, data),
  };
}

function round(value: number, { min, max }: { min: number; max: number }): number {
  if (value <= min || value >= max) {
    return value;
  }
  const step = 10 ** (Math.floor(Math.log10(max - min)) - DIGITS);
  // On axes that are not linear small values keep their digits.
  return Math.abs(value) < step * 100
    ? Number(value.toPrecision(DIGITS))
    : Number((Math.round(value / step) * step).toPrecision(15));
}

/** What a key makes of a brush; undefined for keys that mean nothing to it, null where it is taken away. */
export function moveByKey(span: Span | null, key: string, isSized: boolean): Span | null | undefined {
  if (['Delete', 'Backspace', 'Escape'].includes(key)) {
    return span === null ? undefined : null;
  }
  const by = { ArrowUp: STEP, ArrowDown: -STEP, PageUp: FAR_STEP, PageDown: -FAR_STEP }[key];
  if (by === undefined) {
    return undefined;
  }
  if (span === null) {
    return FIRST;
  }
  const [low, high] = span;
  if (isSized) {
    return [low, clamp(Math.max(low, high + by))];
  }
  const moved = by > 0 ? Math.min(by, 1 - high) : Math.max(by, -low);
  return [low + moved, high + moved];
}

/** What a pointer does to a brush from where it was pressed. */
export type Grip =
  | { kind: 'new'; from: number }
  | { kind: 'low' | 'high'; span: Span }
  | { kind: 'whole'; span: Span; from: number };

/** `near` is how close to an end of a brush the pointer takes hold of that. */
export function gripAt(span: Span | null, place: number, near: number): Grip {
  if (span !== null) {
    const [low, high] = span;
    if (Math.abs(place - high) <= near) {
      return { kind: 'high', span };
    }
    if (Math.abs(place - low) <= near) {
      return { kind: 'low', span };
    }
    if (place > low && place < high) {
      return { kind: 'whole', span, from: place };
    }
  }
  return { kind: 'new', from: place };
}

export function moveGrip(grip: Grip, at: number): Span {
  const place = clamp(at);
  switch (grip.kind) {
    case 'new':
      return inOrder(grip.from, place);
    case 'low':
      return inOrder(place, grip.span[1]);
    case 'high':
      return inOrder(grip.span[0], place);
    case 'whole': {
      const [low, high] = grip.span;
      const moved = Math.min(1 - high, Math.max(-low, at - grip.from));
      return [low + moved, high + moved];
    }
  }
}

function inOrder(a: number, b: number): Span {
  return a <= b ? [a, b] : [b, a];
}
