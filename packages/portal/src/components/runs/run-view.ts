import type { RunFilters } from '../../api/run-filters.ts';
import type { Search } from '../../ui/search.ts';
import { parseNumber } from '../../words/numbers.ts';

/** What the list of runs can be narrowed to by one click. */
export const RUN_STATES = ['all', 'waiting', 'running', 'succeeded', 'failed', 'stopped'] as const;
export type RunsOfState = (typeof RUN_STATES)[number];

const OF_STATE: Readonly<Record<RunsOfState, RunFilters>> = {
  all: {},
  waiting: { state: 'waiting' },
  running: { state: 'executing' },
  succeeded: { outcome: 'success' },
  failed: { outcome: 'failed,walltime_exceeded' },
  stopped: { outcome: 'stopped' },
};

/** Between which values a column must lie; null where it is open. */
export interface Bound {
  column: string;
  min: number | null;
  max: number | null;
}

export interface RunView {
  state: RunsOfState;
  ordering: string;
  bounds: readonly Bound[];
  /** Variables that are shown; null for the first of them. */
  columns: readonly string[] | null;
}

const DEFAULT_ORDERING = 'run';
/** So long may an address be everywhere. */
const MOST_SELECTED = 200;
const BOUND = /^(.+)-(min|max)$/s;

/** What an address asks for: `Cd-max=0.3` is a bound. What says nothing here counts as not said. */
export function readRunView(search: Search): RunView {
  const bounds = new Map<string, Bound>();
  for (const [name, text] of Object.entries(search)) {
    const [, column, end] = BOUND.exec(name) ?? [];
    const value = parseNumber(text);
    if (column === undefined || value === null || !canBeAsked(column)) {
      continue;
    }
    const bound = bounds.get(column) ?? { column, min: null, max: null };
    bounds.set(column, { ...bound, [end!]: value });
  }
  return {
    state: RUN_STATES.find((state) => state === search.state) ?? 'all',
    ordering: search.sort ?? DEFAULT_ORDERING,
    bounds: [...bounds.values()],
    columns: search.cols === undefined ? null : search.cols.split(',').flatMap(decoded),
  };
}

const RUN = /^[1-9]\d{0,9}$/;

/** The runs that an address selects, by their numbers with points between them; what is none counts as not said. */
export function readSelectedRuns(text: string | undefined): string[] {
  return [...new Set((text ?? '').split('.').filter((id) => RUN.test(id)))].slice(0, MOST_SELECTED);
}

/** As the address has it; undefined for none. */
export function writeSelectedRuns(ids: readonly string[]): string | undefined {
  return ids.length === 0 ? undefined : ids.slice(0, MOST_SELECTED).join('.');
}

/** Names that hold commas are in the address all the same; `-` alone stands for none. */
function decoded(name: string): string[] {
  try {
    return name === '' || name === '-' ? [] : [decodeURIComponent(name)];
  } catch {
    return [];
  }
}

export function toRunFilters({ state, ordering, bounds }: RunView): RunFilters {
  const where = bounds.flatMap(({ column, min, max }) => [
    ...(min === null ? [] : [`${column}>=${min}`]),
    ...(max === null ? [] : [`${column}<=${max}`]),
  ]);
  return {
    ...OF_STATE[state],
    ...(where.length > 0 && { where: where.join(',') }),
    ...(ordering !== DEFAULT_ORDERING && { ordering }),
  };
}

/** What in the address makes, changes or, with both ends open, removes a bound. */
export function boundInAddress({ column, min, max }: Bound): Record<string, string | undefined> {
  return {
    [`${column}-min`]: min === null ? undefined : String(min),
    [`${column}-max`]: max === null ? undefined : String(max),
  };
}

export function isNarrowed({ state, bounds }: RunView): boolean {
  return state !== 'all' || bounds.length > 0;
}

/** From as it was to the smallest first, then to the largest first, then back. */
export function nextRunOrdering(column: string, current: string): string | undefined {
  if (column === DEFAULT_ORDERING) {
    return current === DEFAULT_ORDERING ? `-${DEFAULT_ORDERING}` : undefined;
  }
  return current === column ? `-${column}` : current === `-${column}` ? undefined : column;
}

/** A condition cannot name a column whose name holds signs that conditions are made of. */
export function canBeAsked(column: string): boolean {
  return !/[,<>=!]/.test(column);
}

const OF_RUNS = new Set([
  ...['run', 'outcome', 'exitCode', 'dateStarted', 'dateCompleted'],
  ...['wallSeconds', 'cpuSeconds', 'peakMemoryBytes', 'isOptimal'],
]);

/** The column of the results that a variable has; one that is called like a column about the run makes way. */
export function resultColumn(name: string, isInput: boolean): string {
  return OF_RUNS.has(name) ? `${name} (${isInput ? 'input' : 'output'})` : name;
}
