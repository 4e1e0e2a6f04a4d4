import type { Job, Run } from '@quarry/sdk';
import { useQuery } from '@tanstack/react-query';
import { hasEnded, type JobState } from '../../api/job-state.ts';
import { logTailQuery, runsQuery } from '../../api/queries.ts';
import { paths } from '../../paths.ts';
import { Link } from '../../ui/link.tsx';
import { Panel } from '../../ui/panel.tsx';
import { formatCount } from '../../words/numbers.ts';
import { words } from '../../words/words.ts';
import styles from './why-panel.module.css';

/** Why a job waits, or why it did not end well: the words of the server, then the end of the log that shows it. */
export function WhyPanel({ job, state }: { job: Job; state: JobState }) {
  const { why } = words.job;
  if (job.waiting) {
    const { message, position } = job.waiting;
    return (
      <Panel title={why.waiting}>
        <p>{message}</p>
        {position !== null && <p className="muted">{why.position(formatCount(position))}</p>}
      </Panel>
    );
  }
  if (job.failure && hasEnded(state)) {
    const isStopped = state === 'stopped';
    return (
      <Panel title={isStopped ? why.ended : why.failed} tone={isStopped ? 'plain' : 'failure'}>
        <p>
          <strong>{job.failure.message}</strong>
        </p>
        <p className={styles.hint}>{job.failure.hint}</p>
        {!isStopped && <FailedRun job={job} />}
      </Panel>
    );
  }
  return null;
}

/** The first of the runs that are known that failed, and what it said last. */
function FailedRun({ job }: { job: Job }) {
  const { why } = words.job;
  const runs = useQuery(runsQuery(job.id));
  const run = runs.data?.results.find(({ outcome }) => outcome !== 'success' && outcome !== null);
  const tail = useQuery({ ...logTailQuery(job.id, run?.id ?? '1'), enabled: run !== undefined });
  if (!run) {
    return null;
  }
  return (
    <>
      <p>{why.failedRun(run.id, exitInWords(run))}</p>
      {tail.data && tail.data.length > 0 && (
        <>
          <h3 className={styles.title}>{why.lastLines}</h3>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard */}
          <pre className={styles.lines} tabIndex={0}>
            {tail.data.join('\n')}
          </pre>
        </>
      )}
      <p>
        <Link to={paths.jobLog(job.id)} search={{ run: run.id }}>
          {why.openLog}
        </Link>
      </p>
    </>
  );
}

function exitInWords({ exitCode, failure }: Run): string {
  const { why } = words.job;
  if (exitCode !== null && exitCode !== undefined) {
    return why.exit(String(exitCode));
  }
  const signal = /\bSIG[A-Z0-9]+\b/.exec(failure?.message ?? '')?.[0];
  return signal === undefined ? why.noExit : why.signal(signal);
}
