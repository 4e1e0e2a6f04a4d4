import { Button, CloseButton, Switch } from '@mantine/core';
import type { Job, Run } from '@quarry/sdk';
import { type UseQueryResult, useQueries } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { jobQuery, runQuery } from '../api/queries.ts';
import { toRows } from '../components/compare/compare-rows.ts';
import styles from '../components/compare/compare-table.module.css';
import { CompareTable } from '../components/compare/compare-table.tsx';
import { type Compared, factsOf, SECTIONS } from '../components/compare/facts.ts';
import { FEWEST, MOST, readSubjects, type Subject, subjectText } from '../components/compare/subjects.ts';
import { isMissing } from '../components/missing-page.tsx';
import { paths } from '../paths.ts';
import { EmptyState } from '../ui/empty-state.tsx';
import { ErrorState } from '../ui/error-state.tsx';
import { Link } from '../ui/link.tsx';
import { Loading } from '../ui/loading.tsx';
import { Name } from '../ui/name.tsx';
import { Page } from '../ui/page.tsx';
import { useSearchState } from '../ui/use-search.ts';
import { formatCount } from '../words/numbers.ts';
import { words } from '../words/words.ts';

/** Two to six jobs or runs side by side: how they went, their values, what they used, and their definitions. */
export function ComparePage() {
  const text = words.compare;
  const [search, change] = useSearchState();
  const navigate = useNavigate();
  const subjects = readSubjects(search.ids);
  const isAll = search.all === '1';
  return (
    <Page
      title={text.title}
      lead={text.lead}
      actions={
        <Switch
          label={text.differingOnly}
          checked={!isAll}
          onChange={(event) => change({ all: event.currentTarget.checked ? undefined : '1' })}
        />
      }
    >
      {subjects.length < FEWEST ? (
        <EmptyState title={text.tooFew}>
          <p>{text.tooFewText(formatCount(FEWEST), formatCount(MOST))}</p>
          <Button onClick={() => void navigate({ to: paths.jobs() } as never)}>{text.toJobs}</Button>
        </EmptyState>
      ) : (
        <Comparison
          subjects={subjects}
          isAll={isAll}
          onRemove={(gone) =>
            change({
              ids: subjects
                .filter((subject) => subject !== gone)
                .map(subjectText)
                .join(','),
            })
          }
        />
      )}
    </Page>
  );
}

interface ComparisonProps {
  subjects: readonly Subject[];
  isAll: boolean;
  onRemove: (subject: Subject) => void;
}

function Comparison({ subjects, isAll, onRemove }: ComparisonProps) {
  const text = words.compare;
  const jobs = useQueries({ queries: subjects.map(({ jobId }) => jobQuery(jobId)) });
  const runs = useQueries({
    queries: subjects.map(({ jobId, runId }, index) => {
      const { progress } = jobs[index]?.data ?? {};
      return { ...runQuery(jobId, runId ?? '1'), enabled: runId !== null || progress?.runs === 1 };
    }),
  });
  const failed = subjects.flatMap((subject, index) => {
    const query = [jobs[index]!, ...(subject.runId === null ? [] : [runs[index]!])].find(
      ({ error }) => error,
    );
    return query ? [{ subject, query: query as UseQueryResult }] : [];
  });
  const compared = subjects.map((subject, index) => comparedOf(subject, jobs[index]!.data, runs[index]!));
  if (failed.length > 0) {
    return failed.map(({ subject, query }) => (
      <div key={subjectText(subject)}>
        {isMissing(query) ? (
          <EmptyState title={text.missing(subjectText(subject))}>
            <Button onClick={() => onRemove(subject)}>{text.remove(subjectText(subject))}</Button>
          </EmptyState>
        ) : (
          <ErrorState error={query.error} onRetry={() => void query.refetch()} />
        )}
      </div>
    ));
  }
  if (compared.some((each) => each === null)) {
    return <Loading rows={10} />;
  }
  const all = compared as Compared[];
  return (
    <div className={styles.parts}>
      <ul className={styles.subjects}>
        {subjects.map((subject, index) => {
          const name = nameOf(subject, all[index]!);
          const { jobId, runId } = subject;
          return (
            <li key={subjectText(subject)}>
              <Link to={runId === null ? paths.job(jobId) : paths.run(jobId, runId)}>
                <Name>{name}</Name>
              </Link>{' '}
              <span className="mono muted">{subjectText(subject)}</span>
              {subjects.length > FEWEST && (
                <CloseButton size="sm" aria-label={text.remove(name)} onClick={() => onRemove(subject)} />
              )}
            </li>
          );
        })}
      </ul>
      {SECTIONS.map((section) => (
        <CompareTable
          key={section}
          title={text.sections[section]}
          subjects={subjects.map(subjectText)}
          rows={toRows(all.map((each) => factsOf(section, each)))}
          isAll={isAll}
        />
      ))}
    </div>
  );
}

/** Null while something of it is on its way. */
function comparedOf(
  { runId }: Subject,
  job: Job | undefined,
  { data: run, error }: { data: Run | undefined; error: unknown },
): Compared | null {
  const needsRun = runId !== null || (job?.progress?.runs === 1 && error === null);
  return job && (run || !needsRun) ? { job, run: run ?? null, isRun: runId !== null } : null;
}

function nameOf({ runId }: Subject, { job }: Compared): string {
  return runId === null ? job.name : words.compare.runOf(runId, job.name);
}
