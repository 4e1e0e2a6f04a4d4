import type { Job, Run } from '@quarry/sdk';
import { useQuery } from '@tanstack/react-query';
import { stateOfRun } from '../../api/job-state.ts';
import { logTailQuery, runFilesQuery } from '../../api/queries.ts';
import { paths } from '../../paths.ts';
import { DataTable } from '../../ui/data-table.tsx';
import { Link } from '../../ui/link.tsx';
import { Name } from '../../ui/name.tsx';
import { Panel } from '../../ui/panel.tsx';
import { Moment } from '../../ui/time.tsx';
import { formatCount } from '../../words/numbers.ts';
import { words } from '../../words/words.ts';
import { StateBadge } from '../state-badge.tsx';
import styles from './run-details.module.css';
import { RunUsagePanel } from './run-usage-panel.tsx';
import { variablesOf } from './run-variables.ts';

const FILES_SHOWN = 5;

interface PartProps {
  job: Job;
  run: Run;
}

export function RunDetails({ job, run }: PartProps) {
  return (
    <div className={styles.parts}>
      <div className={styles.grid}>
        <Outcome job={job} run={run} />
        <RunUsagePanel job={job} run={run} />
        <Variables job={job} run={run} />
        <Files job={job} run={run} />
      </div>
      <LogEnd job={job} run={run} />
      <Attempts run={run} />
    </div>
  );
}

function Outcome({ run }: PartProps) {
  const { outcome: text } = words.runs;
  const state = stateOfRun(run);
  const { failure, exitCode, attempt = 1 } = run;
  return (
    <Panel title={text.title} tone={failure && state !== 'stopped' ? 'failure' : 'plain'}>
      <p>
        <StateBadge state={state} />{' '}
        {typeof exitCode === 'number' && <span>{text.exitCode(String(exitCode))}</span>}
      </p>
      {failure && (
        <>
          <p>
            <strong>{failure.message}</strong>
          </p>
          <p className={styles.hint}>{failure.hint}</p>
        </>
      )}
      {run.isOptimal && <p>{text.optimal}</p>}
      {run.isUnfinished && <p>{text.unfinished}</p>}
      {run.isResumed && <p>{text.resumed}</p>}
      {attempt > 1 && <p>{text.attempt(formatCount(attempt))}</p>}
      <dl className={styles.pairs}>
        <Pair name={text.started} date={run.dateStarted} />
        <Pair name={text.ended} date={run.dateCompleted} />
      </dl>
    </Panel>
  );
}

function Pair({ name, date }: { name: string; date: string | null }) {
  return date === null ? null : (
    <div>
      <dt>{name}</dt>
      <dd>
        <Moment date={date} />
      </dd>
    </div>
  );
}

function Variables({ job, run }: PartProps) {
  const { variables: text } = words.runs;
  const values = new Map(run.variables.map(({ name, displayValue }) => [name, displayValue]));
  const all = variablesOf(job, [run]);
  const groups = [
    { title: text.given, variables: all.filter(({ isInput }) => isInput) },
    { title: text.printed, variables: all.filter(({ isInput }) => !isInput) },
  ].filter(({ variables }) => variables.length > 0);
  return (
    <Panel title={text.title}>
      {groups.length === 0 && <p>{text.none}</p>}
      {groups.map(({ title, variables }) => (
        <div key={title}>
          <h3 className={styles.subtitle}>{title}</h3>
          <dl className={styles.pairs}>
            {variables.map(({ name }) => (
              <div key={name}>
                <dt>
                  <Name>{name}</Name>
                </dt>
                <dd className="mono">
                  <Name>{values.get(name)}</Name>
                </dd>
              </div>
            ))}
          </dl>
        </div>
      ))}
    </Panel>
  );
}

function Files({ job, run }: PartProps) {
  const { files: text } = words.runs;
  const hasEnded = run.dateCompleted !== null;
  const files = useQuery({ ...runFilesQuery(job.id, run), enabled: hasEnded && run.outputFileCount > 0 });
  const to = paths.runResults(job.id, run.id);
  const isRunning = stateOfRun(run) === 'running';
  return (
    <Panel title={text.title}>
      {isRunning && <Link to={to}>{text.live}</Link>}
      {hasEnded && run.outputFileCount === 0 && <p>{text.none}</p>}
      {!hasEnded && !isRunning && <p>{words.runs.log.waiting}</p>}
      {hasEnded && run.outputFileCount > 0 && (
        <>
          <p>
            <Link to={to}>{text.open(formatCount(run.outputFileCount), run.outputFileCount === 1)}</Link>
          </p>
          <ul className={styles.files}>
            {files.data?.slice(0, FILES_SHOWN).map(({ id, relativePath }) => (
              <li key={id}>
                <Link to={to} search={{ path: relativePath }}>
                  <Name>{relativePath}</Name>
                </Link>
              </li>
            ))}
          </ul>
        </>
      )}
    </Panel>
  );
}

function LogEnd({ job, run }: PartProps) {
  const { log: text } = words.runs;
  const hasBegun = run.dateStarted !== null;
  const tail = useQuery({ ...logTailQuery(job.id, run.id), enabled: hasBegun });
  const isEmpty = tail.isError || tail.data?.length === 0;
  return (
    <Panel title={text.title}>
      {!hasBegun && <p>{text.waiting}</p>}
      {hasBegun && isEmpty && <p>{text.none}</p>}
      {tail.data && tail.data.length > 0 && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
        <pre className={styles.lines} tabIndex={0}>
          {tail.data.join('\n')}
        </pre>
      )}
      {hasBegun && (
        <p>
          <Link to={paths.jobLog(job.id)} search={{ run: run.id }}>
            {text.open}
          </Link>
        </p>
      )}
    </Panel>
  );
}

function Attempts({ run }: { run: Run }) {
  const { attempts: text } = words.runs;
  const before = run.previousAttempts ?? [];
  if (before.length === 0) {
    return null;
  }
  const first = (run.attempt ?? before.length + 1) - before.length;
  return (
    <Panel title={text.title}>
      <DataTable
        label={text.title}
        rows={before.map((attempt, index) => ({ ...attempt, number: first + index }))}
        rowKey={({ number }) => String(number)}
        columns={[
          { title: text.attempt, isNumber: true, cell: ({ number }) => formatCount(number) },
          { title: text.state, cell: (attempt) => <StateBadge state={stateOfRun(attempt)} /> },
          {
            title: text.started,
            cell: ({ dateStarted }) => (dateStarted === null ? text.never : <Moment date={dateStarted} />),
          },
          {
            title: text.ended,
            cell: ({ dateCompleted }) => dateCompleted && <Moment date={dateCompleted} />,
          },
          { title: text.exit, isNumber: true, cell: ({ exitCode }) => exitCode ?? '' },
          { title: text.why, cell: ({ failure }) => failure?.message ?? '' },
        ]}
      />
    </Panel>
  );
}
