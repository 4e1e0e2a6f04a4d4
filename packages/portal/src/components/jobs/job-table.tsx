import { Checkbox } from '@mantine/core';
import type { JobSummary } from '@quarry/sdk';
import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { memo, type Ref, useEffect, useImperativeHandle, useLayoutEffect, useRef, useState } from 'react';
import { stateOf } from '../../api/job-state.ts';
import { paths } from '../../paths.ts';
import { Link } from '../../ui/link.tsx';
import { Name } from '../../ui/name.tsx';
import { useRowPx } from '../../ui/preferences.ts';
import rowTable from '../../ui/row-table.module.css';
import { SortHead } from '../../ui/sort-head.tsx';
import { Age } from '../../ui/time.tsx';
import { formatCount, formatDuration, formatMoney } from '../../words/numbers.ts';
import { words } from '../../words/words.ts';
import { StateBadge } from '../state-badge.tsx';
import type { SortedColumn } from './job-list-filters.ts';
import styles from './job-table.module.css';

/** Rows above and below what is seen. */
const OVERSCAN = 12;
/** How near to the end of what is there further jobs are asked for. */
const AHEAD_ROWS = 60;

export interface JobTableHandle {
  /** Moves the focus to the job so many rows further on, from the first when none has it. */
  move(rows: number): void;
  /** The job that has the focus; null when none has. */
  focused(): JobSummary | null;
}

interface JobTableProps {
  jobs: readonly JobSummary[];
  /** On the server, as the list is filtered. */
  count: number;
  ordering: string;
  isSelected: (jobId: string) => boolean;
  handle: Ref<JobTableHandle>;
  onSelect: (job: JobSummary, isSelected: boolean) => void;
  onSort: (column: SortedColumn) => void;
  onTag: (tag: string) => void;
  /** Which rows are in sight. */
  onSeen: (first: number, last: number) => void;
  /** Asked for again and again while the end is near. */
  onNearEnd: () => void;
}

/** Jobs in rows, of which only those in sight are in the page. */
export function JobTable(props: JobTableProps) {
  const { jobs, count, ordering, isSelected, handle, onSelect, onSort, onTag, onSeen, onNearEnd } = props;
  const body = useRef<HTMLTableSectionElement>(null);
  const wanted = useRef<number | null>(null);
  const [offset, setOffset] = useState(0);
  useLayoutEffect(() => setOffset(body.current?.offsetTop ?? 0), []);
  const rowPx = useRowPx();
  const virtualizer = useWindowVirtualizer({
    count: jobs.length,
    estimateSize: () => rowPx,
    overscan: OVERSCAN,
    scrollMargin: offset,
    // Bar and head of the table lie over the first rows in sight.
    scrollPaddingStart: 120,
    getItemKey: (index) => jobs[index]!.id,
  });
  const rows = virtualizer.getVirtualItems();
  const first = rows[0]?.index ?? 0;
  const last = rows.at(-1)?.index ?? 0;

  useEffect(() => onSeen(first, last), [first, last, onSeen]);
  useEffect(() => {
    if (last >= jobs.length - AHEAD_ROWS) {
      onNearEnd();
    }
  }, [last, jobs.length, onNearEnd]);

  // A row that is moved to may come into the page only by the scrolling.
  useEffect(() => {
    if (wanted.current !== null && focusRow(body.current, wanted.current)) {
      wanted.current = null;
    }
  });

  const focusedIndex = () => {
    const row = document.activeElement?.closest<HTMLElement>('tr[data-index]');
    return row && body.current?.contains(row) ? Number(row.dataset.index) : null;
  };
  useImperativeHandle(handle, () => ({
    move: (by) => {
      const from = focusedIndex();
      const first = virtualizer.range?.startIndex ?? 0;
      const to = Math.min(jobs.length - 1, Math.max(0, from === null ? first : from + by));
      wanted.current = to;
      virtualizer.scrollToIndex(to, { align: 'auto' });
      if (focusRow(body.current, to)) {
        wanted.current = null;
      }
    },
    focused: () => {
      const index = focusedIndex();
      return index === null ? null : (jobs[index] ?? null);
    },
  }));

  const before = rows.length > 0 ? rows[0]!.start - offset : 0;
  const after = rows.length > 0 ? virtualizer.getTotalSize() - (rows.at(-1)!.end - offset) : 0;
  const { columns } = words.jobs;
  return (
    <table className={`${rowTable.table} ${styles.table}`} aria-rowcount={count + 1}>
      <thead>
        <tr aria-rowindex={1}>
          <th className={styles.select} scope="col">
            <span className="visually-hidden">{columns.select}</span>
          </th>
          <th className={styles.state} scope="col">
            {columns.state}
          </th>
          <SortHead column="name" ordering={ordering} onSort={onSort} className={styles.name}>
            {columns.name}
          </SortHead>
          <th className={styles.software} scope="col">
            {columns.software}
          </th>
          <th className={styles.owner} scope="col">
            {columns.owner}
          </th>
          <th className={styles.tags} scope="col">
            {columns.tags}
          </th>
          <th className={styles.runs} scope="col">
            {columns.runs}
          </th>
          <SortHead column="duration" ordering={ordering} onSort={onSort} className={styles.duration}>
            {columns.duration}
          </SortHead>
          <SortHead column="cost" ordering={ordering} onSort={onSort} className={styles.cost}>
            {columns.cost}
          </SortHead>
          <SortHead column="dateInserted" ordering={ordering} onSort={onSort} className={styles.age}>
            {columns.age}
          </SortHead>
        </tr>
      </thead>
      <tbody ref={body}>
        {before > 0 && <tr aria-hidden style={{ height: before }} />}
        {rows.map(({ index, key }) => (
          <JobRow
            key={key}
            job={jobs[index]!}
            index={index}
            isSelected={isSelected(jobs[index]!.id)}
            onSelect={onSelect}
            onTag={onTag}
          />
        ))}
        {after > 0 && <tr aria-hidden style={{ height: after }} />}
      </tbody>
    </table>
  );
}

function focusRow(body: HTMLElement | null, index: number): boolean {
  const link = body?.querySelector<HTMLElement>(`tr[data-index="${index}"] a`);
  link?.focus({ preventScroll: true });
  return link !== null && link !== undefined;
}

interface JobRowProps {
  job: JobSummary;
  index: number;
  isSelected: boolean;
  onSelect: (job: JobSummary, isSelected: boolean) => void;
  onTag: (tag: string) => void;
}

const JobRow = memo(function JobRow({ job, index, isSelected, onSelect, onTag }: JobRowProps) {
  const { jobStatus, outcome, failureCode, waiting, progress, elapsedWalltimeSeconds, cost } = job;
  const state = stateOf({ status: jobStatus.content, outcome, failureCode });
  const software = job.analysisNames.join(', ');
  return (
    <tr data-index={index} aria-rowindex={index + 2} data-selected={isSelected || undefined}>
      <td className={styles.select}>
        <Checkbox
          size="xs"
          aria-label={words.jobs.selectJob(job.name)}
          checked={isSelected}
          onChange={(event) => onSelect(job, event.currentTarget.checked)}
        />
      </td>
      <td className={styles.state} title={waiting?.message}>
        <StateBadge state={state} />
      </td>
      <td className={styles.name}>
        <Link to={paths.job(job.id)} title={job.name}>
          <Name>{job.name}</Name>
        </Link>{' '}
        <span className={`mono ${styles.id}`}>{job.id}</span>
      </td>
      <td className={styles.software} title={software}>
        <Name>{software}</Name>
      </td>
      <td className={styles.owner} title={job.owner}>
        <Name>{job.owner}</Name>
      </td>
      <td className={styles.tags}>
        {(job.userTags ?? []).map(({ name }) => (
          <button key={name} type="button" className={styles.tag} onClick={() => onTag(name)}>
            <Name>{name}</Name>
          </button>
        ))}
      </td>
      <td className={styles.runs}>
        {progress && words.jobs.runs(formatCount(progress.ended), formatCount(progress.runs))}
      </td>
      <td className={styles.duration}>
        {typeof elapsedWalltimeSeconds === 'number' && formatDuration(elapsedWalltimeSeconds)}
      </td>
      <td className={styles.cost} title={cost?.used?.formula}>
        {cost?.used && formatMoney(cost.used.amount, cost.used.currency)}
      </td>
      <td className={styles.age}>
        <Age date={job.dateInserted} />
      </td>
    </tr>
  );
});
