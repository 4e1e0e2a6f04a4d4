import type { RunCondition, RunState } from '@quarry/contract';
import { numberOf } from './number-of.ts';
import type { Cell, SweepTable, TableColumn } from './table.ts';

/** Which runs of a sweep are wanted, and in which order. */
export interface RunChoice {
  state?: readonly RunState[] | undefined;
  outcome?: readonly string[] | undefined;
  where?: readonly RunCondition[] | undefined;
  /** Name of a column, descending with `-`. */
  ordering?: string | undefined;
}

/** The column that an order names, and its direction. */
export function orderOf(ordering: string): { column: string; isDescending: boolean } {
  const isDescending = ordering.startsWith('-');
  return { column: isDescending ? ordering.slice(1) : ordering, isDescending };
}

/** Conditions whose values a column cannot have, in words. */
export function impossibleConditions({ columns }: SweepTable, where: readonly RunCondition[]): string[] {
  return where.flatMap(({ column: name, operator, value }) => {
    const type = columns.find((column) => column.name === name)?.type ?? 'number';
    if (type === 'number' && numberOf(value) === null) {
      return [`The column "${name}" holds numbers: "${value}" is none.`];
    }
    if (type === 'boolean' && !(['true', 'false'].includes(value) && ['=', '!='].includes(operator))) {
      return [`The column "${name}" is true or false: write ${name}=true or ${name}=false.`];
    }
    return [];
  });
}

/** Numbers of the runs that are wanted, in the order that is wanted; those without the value that orders come last. */
export async function chooseRuns(table: SweepTable, choice: RunChoice): Promise<Uint32Array> {
  const placeOf = new Map(table.columns.map(({ name }, place) => [name, place]));
  const [runAt, outcomeAt, startedAt] = ['run', 'outcome', 'dateStarted'].map((name) => placeOf.get(name)!);
  const tests = (choice.where ?? []).map((condition) => testOf(condition, placeOf, table.columns));
  const order = choice.ordering === undefined ? null : orderOf(choice.ordering);
  const orderAt = order === null ? runAt! : placeOf.get(order.column);
  const states = choice.state && new Set(choice.state);
  const outcomes = choice.outcome && new Set(choice.outcome);
  const chosen: Array<{ number: number; key: Cell }> = [];
  for await (const rows of table.rows()) {
    for (const cells of rows) {
      const outcome = cells[outcomeAt!] as string | null;
      const state = outcome !== null ? 'ended' : cells[startedAt!] === null ? 'waiting' : 'executing';
      const isWanted =
        (states?.has(state) ?? true) &&
        (outcomes === undefined || (outcome !== null && outcomes.has(outcome))) &&
        tests.every((test) => test(cells));
      if (isWanted) {
        chosen.push({
          number: cells[runAt!] as number,
          key: orderAt === undefined ? null : cells[orderAt]!,
        });
      }
    }
  }
  if (order !== null) {
    const sign = order.isDescending ? -1 : 1;
    chosen.sort((one, other) => compareKeys(one.key, other.key, sign) || one.number - other.number);
  }
  return Uint32Array.from(chosen, ({ number }) => number);
}

function compareKeys(one: Cell, other: Cell, sign: number): number {
  if (one === null || other === null) {
    return Number(one === null) - Number(other === null);
  }
  return sign * compare(one, other);
}

function compare(one: NonNullable<Cell>, other: NonNullable<Cell>): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

function testOf(
  { column, operator, value }: RunCondition,
  placeOf: ReadonlyMap<string, number>,
  columns: readonly TableColumn[],
): (cells: readonly Cell[]) => boolean {
  const place = placeOf.get(column);
  if (place === undefined) {
    return () => false;
  }
  const { type } = columns[place]!;
  const wanted = type === 'number' ? numberOf(value)! : type === 'boolean' ? value === 'true' : value;
  const fits = FITS[operator];
  return (cells) => {
    const cell = cells[place]!;
    return cell !== null && fits(compare(cell, wanted));
  };
}

const FITS: Record<RunCondition['operator'], (comparison: number) => boolean> = {
  '=': (comparison) => comparison === 0,
  '!=': (comparison) => comparison !== 0,
  '<': (comparison) => comparison < 0,
  '<=': (comparison) => comparison <= 0,
  '>': (comparison) => comparison > 0,
  '>=': (comparison) => comparison >= 0,
};
