import type { InputBounds } from '../../forms/job/within-bounds.ts';
import { resultColumn } from '../runs/run-view.ts';
import type { Brush } from './selection.ts';
import type { Sweep, SweepColumn } from './sweep-table.ts';

/** More different values are taken for ones that may be any. */
const FEW_VALUES = 10;

/** Between which values the inputs of these names lie, by what is brushed and else by what there is. */
export function boundsOfInputs(
  sweep: Sweep,
  brushes: readonly Brush[],
  names: readonly string[],
): Map<string, InputBounds> {
  const bounds = new Map<string, InputBounds>();
  for (const name of names) {
    const column = sweep.byName.get(resultColumn(name, true));
    if (column?.kind === 'input' && !Number.isNaN(column.min)) {
      bounds.set(
        name,
        boundsOf(
          column,
          brushes.find((brush) => brush.column === column.name),
        ),
      );
    }
  }
  return bounds;
}

function boundsOf({ values, categories, min, max }: SweepColumn, brush: Brush | undefined): InputBounds {
  const isChosen = brush !== undefined;
  // An open end goes as far as there are values.
  const [from, to] = [Math.max(min, brush?.from ?? min), Math.min(max, brush?.to ?? max)];
  if (categories !== null) {
    return { isChosen, texts: categories.filter((_, code) => code >= from && code <= to) };
  }
  const inside = new Set<number>();
  for (const value of values) {
    if (value >= from && value <= to && inside.size <= FEW_VALUES) {
      inside.add(value);
    }
  }
  const few = inside.size > 0 && inside.size <= FEW_VALUES;
  return { isChosen, from: Math.min(from, to), to, values: few ? [...inside].sort((a, b) => a - b) : null };
}
