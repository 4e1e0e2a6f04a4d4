/** Moves along an axis by buttons, as dragging does. */
import type { PlotRange } from './choose-columns.ts';

export type Move = 'zoomIn' | 'zoomOut' | 'earlier' | 'later';

/** How much of what is shown goes, or comes. */
const ZOOM = 0.5;
const SHIFT = 0.25;

/** The part that is shown after a move; null for all of it. */
export function moveRange(
  range: PlotRange | null,
  x: Float64Array,
  move: Move,
  isLog: boolean,
): PlotRange | null {
  const [least, most] = [x[0], x.at(-1)];
  if (least === undefined || most === undefined || least === most) {
    return null;
  }
  const place = (value: number) => (isLog ? Math.log10(value) : value);
  const value = (at: number) => (isLog ? 10 ** at : at);
  const [start, end] = [place(least), place(most)];
  const min = range === null ? start : place(range.min);
  const max = range === null ? end : place(range.max);
  const width = max - min;
  const moved = {
    zoomIn: [min + (width * (1 - ZOOM)) / 2, max - (width * (1 - ZOOM)) / 2],
    zoomOut: [min - width / 2, max + width / 2],
    earlier: [min - width * SHIFT, max - width * SHIFT],
    later: [min + width * SHIFT, max + width * SHIFT],
  }[move] as [number, number];
  // What lies beyond the axis is not gone to; a part that is moved stays as wide as it is.
  const wide = Math.min(moved[1] - moved[0], end - start);
  const from = Math.min(Math.max(moved[0], start), end - wide);
  return wide >= end - start ? null : { min: value(from), max: value(from + wide) };
}

const NUMBER = String.raw`[-+]?\d[\d.]*(?:e[-+]?\d+)?`;
const RANGE = new RegExp(`^(${NUMBER})~(${NUMBER})$`, 'i');

/** A part of an axis as addresses have it, such as `0.5~1e3`. */
export function rangeToText(range: PlotRange | null): string | undefined {
  return range === null
    ? undefined
    : [range.min, range.max].map((value) => String(Number(value.toPrecision(7)))).join('~');
}

export function rangeFromText(text: string | undefined): PlotRange | null {
  const found = RANGE.exec(text ?? '');
  const range = found && { min: Number(found[1]), max: Number(found[2]) };
  return range && range.min < range.max ? range : null;
}
