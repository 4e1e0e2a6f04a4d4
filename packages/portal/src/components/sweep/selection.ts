/** Which runs are selected: those that all brushes, the filter and the chips of the page leave. Every part of the page shows the same. */
import type { JobState } from '../../api/job-state.ts';
import { compileFilter } from './filter.ts';
import type { Sweep } from './sweep-table.ts';

/** Values of a column from one to another, both ends included; of a column of texts, places in its categories. */
export interface Brush {
  column: string;
  from: number;
  to: number;
}

export interface Narrowing {
  brushes: readonly Brush[];
  /** What was typed over the table. */
  text: string;
  /** States of runs; empty for all. */
  states: readonly JobState[];
}

export interface Selection {
  /** The rows that are selected, in order. */
  rows: Uint32Array;
  /** Whether a row is selected. */
  has: Uint8Array;
  /** Whether anything narrows it. */
  isNarrowed: boolean;
  /** What of the filter is not understood, as it was typed; null when all is. */
  unknown: string | null;
}

export function selectRuns(sweep: Sweep, { brushes, text, states }: Narrowing): Selection {
  const has = new Uint8Array(sweep.count).fill(1);
  const keep = (test: (row: number) => boolean) => {
    for (let row = 0; row < has.length; row++) {
      if (has[row] === 1 && !test(row)) {
        has[row] = 0;
      }
    }
  };
  for (const { column, from, to } of brushes) {
    const values = sweep.byName.get(column)?.values;
    if (values) {
      keep((row) => values[row]! >= from && values[row]! <= to);
    }
  }
  if (states.length > 0) {
    const wanted = new Set(states);
    keep((row) => wanted.has(sweep.states[row]!));
  }
  const filter = compileFilter(sweep, text);
  for (const test of filter.tests) {
    keep(test);
  }
  const count = has.reduce((sum, each) => sum + each, 0);
  const rows = new Uint32Array(count);
  let place = 0;
  for (let row = 0; row < has.length; row++) {
    if (has[row] === 1) {
      rows[place++] = row;
    }
  }
  const isNarrowed = brushes.length > 0 || states.length > 0 || filter.tests.length > 0;
  return { rows, has, isNarrowed, unknown: filter.unknown };
}

/** The brushes with another one of a column, which takes the place of the one it had; null takes it away. */
export function withBrush(
  brushes: readonly Brush[],
  column: string,
  ends: Omit<Brush, 'column'> | null,
): Brush[] {
  const others = brushes.filter((brush) => brush.column !== column);
  if (ends === null) {
    return others;
  }
  const [from, to] = ends.from <= ends.to ? [ends.from, ends.to] : [ends.to, ends.from];
  return [...others, { column, from, to }];
}
