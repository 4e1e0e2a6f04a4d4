import { type AxisScale, createScale } from '../../viewers/sweep/axis-scale.ts';
import { type Sweep, type SweepColumn, subjects } from './sweep-table.ts';
import type { AxisChoice } from './sweep-view.ts';

/** More are no picture any more; others can be shown in the place of these. */
export const MAX_AXES = 40;

export interface ShownAxis {
  choice: AxisChoice;
  data: SweepColumn;
  scale: AxisScale;
}

/** Those that were chosen, else all columns that differ: inputs, then outputs, the one that is looked at last. */
export function chooseAxes(
  sweep: Sweep,
  chosen: readonly AxisChoice[] | null,
  output: string | null,
): AxisChoice[] {
  const known = (chosen ?? []).filter(({ column }) => sweep.byName.has(column));
  if (known.length > 0) {
    return known.slice(0, MAX_AXES);
  }
  const all = subjects(sweep);
  const differing = all.filter(({ isDiffering }) => isDiffering);
  const columns = (differing.length > 0 ? differing : all).map(({ name }) => name);
  const others = columns.filter((name) => name !== output);
  const isShown = columns.some((name) => name === output);
  const names = isShown ? [...others.slice(0, MAX_AXES - 1), output!] : others.slice(0, MAX_AXES);
  return names.map((column) => ({ column, scale: 'linear', isFlipped: false }));
}

export function showAxes(sweep: Sweep, choices: readonly AxisChoice[]): ShownAxis[] {
  return choices.map((choice) => {
    const data = sweep.byName.get(choice.column)!;
    return { choice, data, scale: createScale(data, choice.scale, choice.isFlipped) };
  });
}

/** The axes with one of them at another place. */
export function moveAxis(axes: readonly AxisChoice[], column: string, to: number): AxisChoice[] {
  const axis = axes.find((each) => each.column === column);
  const others = axes.filter((each) => each.column !== column);
  return axis ? others.toSpliced(Math.max(0, to), 0, axis) : others;
}

/** A value of a column as people read it. */
export function tellValue({ categories }: Pick<SweepColumn, 'categories'>, value: number): string {
  if (categories !== null) {
    return categories[value] ?? '';
  }
  return formatValue(value);
}

const MAX_PLAIN = 1e6;
const MIN_PLAIN = 1e-3;

/** Six digits that count, by powers of ten where there would be too many noughts. */
function formatValue(value: number): string {
  if (!Number.isFinite(value)) {
    return '';
  }
  const size = Math.abs(value);
  if (size !== 0 && (size >= MAX_PLAIN || size < MIN_PLAIN)) {
    return value
      .toExponential(3)
      .replace(/\.?0+e/, 'e')
      .replace('e+', 'e');
  }
  return String(Number(value.toPrecision(6)));
}
