import { Button } from '@mantine/core';
import { useVirtualizer } from '@tanstack/react-virtual';
import { memo, useMemo, useRef } from 'react';
import { EmptyState } from '../../ui/empty-state.tsx';
import { Name } from '../../ui/name.tsx';
import { Panel } from '../../ui/panel.tsx';
import { useRowPx } from '../../ui/preferences.ts';
import { SortHead } from '../../ui/sort-head.tsx';
import { formatCount } from '../../words/numbers.ts';
import { words } from '../../words/words.ts';
import { StateBadge } from '../state-badge.tsx';
import styles from './runs-table.module.css';
import { tellValue } from './shown-axes.ts';
import { sortRows } from './sort-rows.ts';
import { type Sweep, type SweepColumn, subjects } from './sweep-table.ts';

const COLUMN_PX = 112;
const OVERSCAN_ROWS = 12;
const OVERSCAN_COLUMNS = 3;
/** Of the run columns these are worth a look in a table; all others are in the file. */
const RUN_COLUMNS: readonly string[] = ['exitCode', 'wallSeconds', 'cpuSeconds', 'peakMemoryBytes'];

interface RunsTableProps {
  sweep: Sweep;
  /** Those that are selected. */
  rows: Uint32Array;
  sort: string;
  areAllColumns: boolean;
  best: number | null;
  /** The row that is looked at. */
  looked: number | null;
  onSort: (sort: string | undefined) => void;
  onColumns: (areAll: boolean) => void;
  onLook: (row: number) => void;
}

/** The selected runs with their values, of which only those in sight are in the page. */
export function RunsTable(props: RunsTableProps) {
  const { sweep, rows, sort, areAllColumns, best, looked, onSort, onColumns, onLook } = props;
  const text = words.sweep.table;
  const scroll = useRef<HTMLElement>(null);
  const sorted = useMemo(() => sortRows(sweep, rows, sort), [sweep, rows, sort]);
  const columns = useMemo(() => {
    const all = subjects(sweep).filter(({ isDiffering }) => areAllColumns || isDiffering);
    return areAllColumns ? [...all, ...sweep.columns.filter(({ name }) => RUN_COLUMNS.includes(name))] : all;
  }, [sweep, areAllColumns]);
  const rowPx = useRowPx();
  const vertical = useVirtualizer({
    count: sorted.length,
    getScrollElement: () => scroll.current,
    estimateSize: () => rowPx,
    overscan: OVERSCAN_ROWS,
  });
  const horizontal = useVirtualizer({
    horizontal: true,
    count: columns.length,
    getScrollElement: () => scroll.current,
    estimateSize: () => COLUMN_PX,
    overscan: OVERSCAN_COLUMNS,
  });
  const [seenRows, seenColumns] = [vertical.getVirtualItems(), horizontal.getVirtualItems()];
  const [above, below] = ends(seenRows, vertical.getTotalSize());
  const [before, after] = ends(seenColumns, horizontal.getTotalSize());
  const inSight = seenColumns.map(({ index }) => ({ column: columns[index]!, place: index }));
  const sortBy = (name: string) => onSort(sort === name ? `-${name}` : name);

  if (sorted.length === 0) {
    const { nothing, nothingText } = words.sweep.filter;
    return (
      <EmptyState title={nothing}>
        <p>{nothingText}</p>
      </EmptyState>
    );
  }
  return (
    <Panel title={text.title}>
      <div className={styles.tools}>
        <Button size="compact-sm" aria-pressed={!areAllColumns} onClick={() => onColumns(!areAllColumns)}>
          {areAllColumns ? text.differing : text.all}
        </Button>
      </div>
      <section
        ref={scroll}
        className={styles.scroll}
        aria-label={text.label}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
        tabIndex={0}
      >
        <table
          className={styles.table}
          style={{ width: columns.length * COLUMN_PX + 224 }}
          aria-rowcount={sorted.length + 1}
          aria-colcount={columns.length + 2}
        >
          <caption className="visually-hidden">{text.label}</caption>
          <thead>
            <tr aria-rowindex={1}>
              <SortHead
                column="run"
                ordering={sort}
                columnIndex={1}
                className={styles.run}
                title={text.run}
                onSort={sortBy}
              >
                {text.run}
              </SortHead>
              <th scope="col" className={styles.state} aria-colindex={2}>
                {text.state}
              </th>
              {before > 0 && <td style={{ width: before }} />}
              {inSight.map(({ column: { name }, place }) => (
                <SortHead
                  key={name}
                  column={name}
                  ordering={sort}
                  columnIndex={place + 3}
                  className={styles.value}
                  title={name}
                  onSort={sortBy}
                >
                  <Name>{name}</Name>
                </SortHead>
              ))}
              {after > 0 && <td style={{ width: after }} />}
            </tr>
          </thead>
          <tbody>
            {above > 0 && <tr aria-hidden style={{ height: above }} />}
            {seenRows.map(({ index }) => {
              const row = sorted[index]!;
              return (
                <RunRow
                  key={row}
                  sweep={sweep}
                  row={row}
                  index={index}
                  columns={inSight}
                  before={before}
                  after={after}
                  isBest={row === best}
                  isLooked={row === looked}
                  onLook={onLook}
                />
              );
            })}
            {below > 0 && <tr aria-hidden style={{ height: below }} />}
          </tbody>
        </table>
      </section>
    </Panel>
  );
}

/** Room of what is not in the page before and after what is. */
function ends(items: readonly { start: number; end: number }[], total: number): [number, number] {
  return [items[0]?.start ?? 0, total - (items.at(-1)?.end ?? total)];
}

interface RunRowProps {
  sweep: Sweep;
  row: number;
  index: number;
  columns: readonly { column: SweepColumn; place: number }[];
  before: number;
  after: number;
  isBest: boolean;
  isLooked: boolean;
  onLook: (row: number) => void;
}

const RunRow = memo(function RunRow(props: RunRowProps) {
  const { sweep, row, index, columns, before, after, isBest, isLooked, onLook } = props;
  const text = words.sweep.table;
  const run = formatCount(sweep.runs[row]!);
  return (
    <tr aria-rowindex={index + 2} data-looked={isLooked || undefined}>
      <th scope="row" className={styles.run} aria-colindex={1}>
        <button
          type="button"
          className={styles.look}
          aria-label={text.look(run)}
          aria-pressed={isLooked}
          onClick={() => onLook(row)}
        >
          {run}
        </button>
        {isBest && <span className={styles.best}>{text.best}</span>}
      </th>
      <td className={styles.state} aria-colindex={2}>
        <StateBadge state={sweep.states[row]!} />
      </td>
      {before > 0 && <td />}
      {columns.map(({ column, place }) => (
        <td key={column.name} className={styles.value} aria-colindex={place + 3}>
          <Name>{tellValue(column, column.values[row]!)}</Name>
        </td>
      ))}
      {after > 0 && <td />}
    </tr>
  );
});
