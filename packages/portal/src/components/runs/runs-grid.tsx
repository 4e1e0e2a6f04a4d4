import { Checkbox } from '@mantine/core';
import type { Run } from '@quarry/sdk';
import { useVirtualizer } from '@tanstack/react-virtual';
import { memo, useEffect, useRef } from 'react';
import { stateOfRun } from '../../api/job-state.ts';
import { paths } from '../../paths.ts';
import { Link } from '../../ui/link.tsx';
import { Name } from '../../ui/name.tsx';
import { useRowPx } from '../../ui/preferences.ts';
import rowTable from '../../ui/row-table.module.css';
import { SortHead } from '../../ui/sort-head.tsx';
import { formatDuration } from '../../words/numbers.ts';
import { words } from '../../words/words.ts';
import { StateBadge } from '../state-badge.tsx';
import type { RunVariable } from './run-variables.ts';
import { canBeAsked } from './run-view.ts';
import styles from './runs-grid.module.css';

/** Between rows. */
const LINE_PX = 1;
/** Of the columns that are always there, and of each variable, as in the style sheet. */
const FIXED_PX = 440;
const VARIABLE_PX = 128;
/** Rows above and below what is seen. */
const OVERSCAN = 12;
/** How near to the end of what is there further runs are asked for. */
const AHEAD_ROWS = 60;

interface RunsGridProps {
  jobId: string;
  runs: readonly Run[];
  /** On the server, as the list is narrowed. */
  count: number;
  variables: readonly RunVariable[];
  ordering: string;
  selected: ReadonlySet<string>;
  onSelect: (runId: string, isSelected: boolean) => void;
  onSort: (column: string) => void;
  /** Which rows are in sight. */
  onSeen: (first: number, last: number) => void;
  /** Asked for again and again while the end is near. */
  onNearEnd: () => void;
}

/** Runs in rows, of which only those in sight are in the page; it scrolls by itself, down and sideways. */
export function RunsGrid(props: RunsGridProps) {
  const { jobId, runs, count, variables, ordering, selected, onSelect, onSort, onSeen, onNearEnd } = props;
  const box = useRef<HTMLElement>(null);
  const rowPx = useRowPx() + LINE_PX;
  const virtualizer = useVirtualizer({
    count: runs.length,
    getScrollElement: () => box.current,
    estimateSize: () => rowPx,
    overscan: OVERSCAN,
    // The head of the table lies over the first rows in sight.
    scrollPaddingStart: rowPx,
    getItemKey: (index) => runs[index]!.id,
  });
  const rows = virtualizer.getVirtualItems();
  const first = rows[0]?.index ?? 0;
  const last = rows.at(-1)?.index ?? 0;
  useEffect(() => onSeen(first, last), [first, last, onSeen]);
  useEffect(() => {
    if (last >= runs.length - AHEAD_ROWS) {
      onNearEnd();
    }
  }, [last, runs.length, onNearEnd]);

  const before = rows[0]?.start ?? 0;
  const after = rows.length > 0 ? virtualizer.getTotalSize() - rows.at(-1)!.end : 0;
  const { columns } = words.runs;
  const sort = { ordering, onSort };
  return (
    <section
      ref={box}
      className={styles.scroll}
      aria-label={words.runs.title}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
      tabIndex={0}
    >
      <table
        className={`${rowTable.table} ${styles.table}`}
        style={{ width: FIXED_PX + variables.length * VARIABLE_PX }}
        aria-rowcount={count + 1}
      >
        <caption className="visually-hidden">{words.runs.title}</caption>
        <thead>
          <tr aria-rowindex={1}>
            <th className={styles.select} scope="col">
              <span className="visually-hidden">{columns.select}</span>
            </th>
            <SortHead column="run" className={styles.run} isNumber {...sort}>
              {columns.run}
            </SortHead>
            <th className={styles.state} scope="col">
              {columns.state}
            </th>
            <SortHead column="wallSeconds" className={styles.duration} isNumber {...sort}>
              {columns.duration}
            </SortHead>
            <SortHead column="exitCode" className={styles.exit} isNumber {...sort}>
              {columns.exit}
            </SortHead>
            {variables.map(({ name, column, isNumber }) =>
              canBeAsked(column) ? (
                <SortHead
                  key={name}
                  column={column}
                  className={styles.variable}
                  isNumber={isNumber}
                  {...sort}
                >
                  <Name title={name}>{name}</Name>
                </SortHead>
              ) : (
                <th key={name} scope="col" className={styles.variable} data-number={isNumber}>
                  <Name title={name}>{name}</Name>
                </th>
              ),
            )}
          </tr>
        </thead>
        <tbody>
          {before > 0 && <tr aria-hidden style={{ height: before }} />}
          {rows.map(({ index, key }) => (
            <RunRow
              key={key}
              jobId={jobId}
              run={runs[index]!}
              index={index}
              variables={variables}
              isSelected={selected.has(runs[index]!.id)}
              onSelect={onSelect}
            />
          ))}
          {after > 0 && <tr aria-hidden style={{ height: after }} />}
        </tbody>
      </table>
    </section>
  );
}

interface RunRowProps {
  jobId: string;
  run: Run;
  index: number;
  variables: readonly RunVariable[];
  isSelected: boolean;
  onSelect: (runId: string, isSelected: boolean) => void;
}

const RunRow = memo(function RunRow({ jobId, run, index, variables, isSelected, onSelect }: RunRowProps) {
  const values = new Map(run.variables.map(({ name, displayValue }) => [name, displayValue]));
  return (
    <tr aria-rowindex={index + 2} data-selected={isSelected || undefined}>
      <td>
        <Checkbox
          size="xs"
          aria-label={words.runs.select(run.id)}
          checked={isSelected}
          onChange={(event) => onSelect(run.id, event.currentTarget.checked)}
        />
      </td>
      <td data-number="true">
        <Link to={paths.run(jobId, run.id)}>{run.id}</Link>
      </td>
      <td title={run.failure?.message}>
        <StateBadge state={stateOfRun(run)} />
      </td>
      <td data-number="true">{run.usage ? formatDuration(run.usage.wallSeconds) : ''}</td>
      <td data-number="true">{run.exitCode ?? ''}</td>
      {variables.map(({ name, isNumber }) => (
        <td key={name} data-number={isNumber} title={values.get(name)}>
          <Name>{values.get(name) ?? ''}</Name>
        </td>
      ))}
    </tr>
  );
});
