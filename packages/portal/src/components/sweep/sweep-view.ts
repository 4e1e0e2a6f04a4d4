/** What is chosen on the page of a sweep, as its address says it. */
import type { JobState } from '../../api/job-state.ts';
import type { Search } from '../../ui/search.ts';
import { type Brush, withBrush } from './selection.ts';

export type AxisScale = 'linear' | 'log' | 'rank';

/** A column as the parallel coordinates show it. */
export interface AxisChoice {
  column: string;
  scale: AxisScale;
  isFlipped: boolean;
}

export interface SweepView {
  /** Null for the one that the job is about. */
  output: string | null;
  goal: string | undefined;
  text: string;
  states: readonly JobState[];
  brushes: readonly Brush[];
  /** Null for all that differ. */
  axes: readonly AxisChoice[] | null;
  sort: string;
  areAllColumns: boolean;
  /** The run that is looked at. */
  run: number | null;
  surface: { x: string | null; y: string | null; at: ReadonlyMap<string, number>; degree: number | null };
}

export const RUN_STATES = [
  'succeeded',
  'failed',
  'stopped',
  'out-of-time',
  'running',
  'waiting',
] as const satisfies JobState[];

const SCALES: readonly string[] = ['log', 'rank'] satisfies AxisScale[];

export function readView(search: Search): SweepView {
  const states = (search.state ?? '').split(',');
  const run = /^[1-9]\d{0,9}$/.test(search.run ?? '') ? Number(search.run) : null;
  return {
    output: search.out ?? null,
    goal: search.goal,
    text: search.q ?? '',
    states: RUN_STATES.filter((state) => states.includes(state)),
    brushes: readBrushes(search.brush ?? ''),
    axes: search.axes === undefined ? null : readAxes(search.axes),
    sort: search.sort ?? 'run',
    areAllColumns: search.cols === 'all',
    run,
    surface: {
      x: search.x ?? null,
      y: search.y ?? null,
      at: readValues(search.at ?? ''),
      degree: /^[123]$/.test(search.degree ?? '') ? Number(search.degree) : null,
    },
  };
}

/** `x:0.5:2,drag::3`: names are encoded, an end that is left out is open. */
export function writeBrushes(brushes: readonly Brush[]): string | undefined {
  const end = (value: number) => (Number.isFinite(value) ? String(value) : '');
  const texts = brushes.map(
    ({ column, from, to }) => `${encodeURIComponent(column)}:${end(from)}:${end(to)}`,
  );
  return texts.length === 0 ? undefined : texts.join(',');
}

export function readBrushes(text: string): Brush[] {
  let brushes: Brush[] = [];
  for (const part of text.split(',')) {
    const [name = '', from = '', to = '', ...others] = part.split(':');
    const column = decode(name);
    const [low, high] = [
      from === '' ? Number.NEGATIVE_INFINITY : Number(from),
      to === '' ? Number.POSITIVE_INFINITY : Number(to),
    ];
    const isBrush = column !== null && others.length === 0 && part.includes(':');
    if (isBrush && !Number.isNaN(low) && !Number.isNaN(high)) {
      brushes = withBrush(brushes, column, { from: low, to: high });
    }
  }
  return brushes;
}

/** `x,drag:log:flip`, in the order in which they stand. */
export function writeAxes(axes: readonly AxisChoice[]): string {
  return axes
    .map(({ column, scale, isFlipped }) =>
      [encodeURIComponent(column), scale === 'linear' ? null : scale, isFlipped ? 'flip' : null]
        .filter((part) => part !== null)
        .join(':'),
    )
    .join(',');
}

export function readAxes(text: string): AxisChoice[] {
  const axes = new Map<string, AxisChoice>();
  for (const part of text.split(',')) {
    const [name = '', ...flags] = part.split(':');
    const column = decode(name);
    if (column !== null) {
      const scale = (flags.find((flag) => SCALES.includes(flag)) ?? 'linear') as AxisScale;
      axes.set(column, { column, scale, isFlipped: flags.includes('flip') });
    }
  }
  return [...axes.values()];
}

export function writeValues(values: ReadonlyMap<string, number>): string | undefined {
  const texts = Array.from(values, ([name, value]) => `${encodeURIComponent(name)}:${value}`);
  return texts.length === 0 ? undefined : texts.join(',');
}

function readValues(text: string): Map<string, number> {
  const values = new Map<string, number>();
  for (const part of text.split(',')) {
    const [name = '', value = ''] = part.split(':');
    const decoded = decode(name);
    if (decoded !== null && value !== '' && Number.isFinite(Number(value))) {
      values.set(decoded, Number(value));
    }
  }
  return values;
}

/** Null for what is no name: addresses are typed and cut. */
function decode(name: string): string | null {
  try {
    return name === '' ? null : decodeURIComponent(name);
  } catch {
    return null;
  }
}
