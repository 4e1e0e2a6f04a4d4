import type { Job, JobStatus } from '@quarry/sdk';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { isActive, type JobState } from '../../api/job-state.ts';
import { jobFilesQuery, statusesQuery } from '../../api/queries.ts';
import { paths } from '../../paths.ts';
import { Link } from '../../ui/link.tsx';
import { Meter } from '../../ui/meter.tsx';
import { Name } from '../../ui/name.tsx';
import { Panel } from '../../ui/panel.tsx';
import { Moment } from '../../ui/time.tsx';
import { formatCount, formatDuration, formatMoney } from '../../words/numbers.ts';
import { words } from '../../words/words.ts';
import { StateBadge } from '../state-badge.tsx';
import styles from './job-summary.module.css';

interface PartProps {
  job: Job;
  state: JobState;
}

/** Five questions answered without scrolling: what, how long, how much, where; why has a panel of its own. */
export function JobSummary({ job, state }: PartProps) {
  return (
    <div className={styles.grid}>
      <Doing job={job} state={state} />
      <HowLong job={job} state={state} />
      <Cost job={job} />
      <Results job={job} state={state} />
    </div>
  );
}

function Doing({ job, state }: PartProps) {
  const { doing } = words.job;
  const statuses = useQuery(statusesQuery(job.id));
  const { progress, slotsGranted } = job;
  const asked = job.jobanalyses[0]?.hardware.slots ?? 1;
  return (
    <Panel title={doing.title}>
      <p>
        <StateBadge state={state} />{' '}
        {statuses.data?.[0] && (
          <span className="muted">
            {doing.since} <Moment date={statuses.data[0].statusDate} />
          </span>
        )}
      </p>
      {state === 'saved' && <p>{doing.saved}</p>}
      {progress && (
        <>
          <Meter
            label={doing.runs(formatCount(progress.ended), formatCount(progress.runs))}
            value={progress.ended}
            max={progress.runs}
            failed={progress.failed}
          />
          <p>
            {doing.runs(formatCount(progress.ended), formatCount(progress.runs))}
            {progress.failed > 0 && `, ${doing.failedRuns(formatCount(progress.failed))}`}
          </p>
        </>
      )}
      {typeof slotsGranted === 'number' && slotsGranted < asked && (
        <p>{doing.slots(formatCount(slotsGranted), formatCount(asked))}</p>
      )}
    </Panel>
  );
}

function HowLong({ job, state }: PartProps) {
  const { time } = words.job;
  const statuses = useQuery(statusesQuery(job.id));
  const used = useUsedSeconds(job, state, statuses.data);
  const hours = job.jobanalyses[0]?.hardware.walltime ?? null;
  const allowed = hours === null ? null : formatDuration(hours * 3600);
  return (
    <Panel title={time.title}>
      {used === null ? (
        <p>
          {time.none} {allowed !== null && time.allowed(allowed)}
        </p>
      ) : (
        <>
          <p>
            {allowed === null
              ? time.unlimited(formatDuration(used))
              : time.used(formatDuration(used), allowed)}
          </p>
          {hours !== null && <Meter label={time.of} value={used} max={hours * 3600} />}
        </>
      )}
    </Panel>
  );
}

/** What the server told, carried on each second while the job executes. */
function useUsedSeconds(
  job: Job,
  state: JobState,
  statuses: readonly JobStatus[] | undefined,
): number | null {
  const [now, setNow] = useState(() => Date.now());
  const isTicking = state === 'running';
  useEffect(() => {
    if (!isTicking) {
      return;
    }
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, [isTicking]);
  const executing =
    isTicking && statuses?.[0]?.status === 'Executing' ? Date.parse(statuses[0].statusDate) : null;
  if (executing === null) {
    return job.elapsedWalltimeSeconds;
  }
  return Math.max(job.elapsedWalltimeSeconds ?? 0, (now - executing) / 1000);
}

function Cost({ job }: { job: Job }) {
  const { cost: text } = words.job;
  const amounts = [
    { label: text.used, amount: job.cost?.used },
    { label: text.estimate, amount: job.cost?.estimate },
  ].filter(({ amount }) => amount);
  return (
    <Panel title={text.title}>
      {amounts.length === 0 && <p>{text.none}</p>}
      {amounts.map(({ label, amount }) => (
        <p key={label}>
          <strong>{formatMoney(amount!.amount, amount!.currency)}</strong> {label}
          <br />
          <span className={styles.formula}>{amount!.formula}</span>
        </p>
      ))}
    </Panel>
  );
}

function Results({ job, state }: PartProps) {
  const { results } = words.job;
  const files = useQuery({ ...jobFilesQuery(job.id), enabled: state !== 'saved' });
  const count = files.data?.count ?? 0;
  const newest = files.data?.results.slice(0, 4) ?? [];
  return (
    <Panel title={results.title}>
      {count === 0 ? (
        <p>{state === 'saved' || isActive(state) ? results.unsubmitted : results.none}</p>
      ) : (
        <>
          <p>
            <Link to={paths.jobResults(job.id)}>{results.count(formatCount(count), count === 1)}</Link>
          </p>
          <ul className={styles.files}>
            {newest.map((file) => (
              <li key={file.id}>
                <Name>{file.relativePath}</Name>
              </li>
            ))}
          </ul>
        </>
      )}
    </Panel>
  );
}
