import type { JobSummary } from '@quarry/sdk';
import type { ReactNode } from 'react';
import { stateOf } from '../../api/job-state.ts';
import { paths } from '../../paths.ts';
import { type Column, DataTable } from '../../ui/data-table.tsx';
import { Link } from '../../ui/link.tsx';
import { Name } from '../../ui/name.tsx';
import { Panel } from '../../ui/panel.tsx';
import { Age } from '../../ui/time.tsx';
import { formatCount, formatDuration, formatMoney } from '../../words/numbers.ts';
import { words } from '../../words/words.ts';
import { StateBadge } from '../state-badge.tsx';
import styles from './today.module.css';

const { columns: titles } = words.today;

const NAME: Column<JobSummary> = {
  title: titles.name,
  cell: ({ id, name }) => (
    <Link to={paths.job(id)} className={styles.name}>
      <Name>{name}</Name>
    </Link>
  ),
};
const STATE: Column<JobSummary> = {
  title: titles.state,
  cell: ({ jobStatus, outcome, failureCode }) => (
    <StateBadge state={stateOf({ status: jobStatus.content, outcome, failureCode })} />
  ),
};
const RUNS: Column<JobSummary> = {
  title: titles.runs,
  isNumber: true,
  cell: ({ progress }) =>
    progress && words.jobs.runs(formatCount(progress.ended), formatCount(progress.runs)),
};
const TIME: Column<JobSummary> = {
  title: titles.time,
  isNumber: true,
  cell: ({ elapsedWalltimeSeconds: seconds }) => (typeof seconds === 'number' ? formatDuration(seconds) : ''),
};
const COST: Column<JobSummary> = {
  title: titles.cost,
  isNumber: true,
  cell: ({ cost }) => cost?.used && formatMoney(cost.used.amount, cost.used.currency),
};
const WHY: Column<JobSummary> = {
  title: titles.why,
  cell: ({ waiting }) =>
    waiting &&
    `${waiting.message}${waiting.position === null ? '' : ` ${words.today.position(formatCount(waiting.position))}`}`,
};
const SAVED: Column<JobSummary> = {
  title: titles.saved,
  cell: ({ dateInserted }) => <Age date={dateInserted} />,
};
const ENDED: Column<JobSummary> = {
  title: titles.ended,
  cell: ({ dateCompleted }) => dateCompleted && <Age date={dateCompleted} />,
};

interface JobsPanelProps {
  title: string;
  none: string;
  jobs: readonly JobSummary[];
  columns: readonly Column<JobSummary>[];
  children?: ReactNode;
}

function JobsPanel({ title, none, jobs, columns, children }: JobsPanelProps) {
  return (
    <Panel title={title}>
      {jobs.length === 0 ? (
        <p className="muted">{none}</p>
      ) : (
        <DataTable label={title} rows={jobs} rowKey={({ id }) => id} columns={columns} />
      )}
      {children}
    </Panel>
  );
}

export function RunningJobs({ jobs }: { jobs: readonly JobSummary[] }) {
  const { running, none } = words.today;
  return (
    <JobsPanel title={running} none={none.running} jobs={jobs} columns={[STATE, NAME, RUNS, TIME, COST]} />
  );
}

export function WaitingJobs({ jobs }: { jobs: readonly JobSummary[] }) {
  const { waiting, none } = words.today;
  return <JobsPanel title={waiting} none={none.waiting} jobs={jobs} columns={[STATE, NAME, WHY, SAVED]} />;
}

export function EndedJobs({ jobs, count }: { jobs: readonly JobSummary[]; count: number }) {
  const { ended, none, all } = words.today;
  return (
    <JobsPanel title={ended} none={none.ended} jobs={jobs} columns={[STATE, NAME, RUNS, TIME, COST, ENDED]}>
      {jobs.length < count && <p className="muted">{all(formatCount(jobs.length), formatCount(count))}</p>}
    </JobsPanel>
  );
}
