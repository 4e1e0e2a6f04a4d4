import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { activeJobsQuery, endedJobsQuery, jobCountsQuery } from '../api/queries.ts';
import { useUploads } from '../api/uploads.ts';
import { EndedJobs, RunningJobs, WaitingJobs } from '../components/today/job-panels.tsx';
import { MonthPanel } from '../components/today/month-panel.tsx';
import styles from '../components/today/today.module.css';
import { UploadsPanel } from '../components/today/uploads-panel.tsx';
import { paths } from '../paths.ts';
import { EmptyState } from '../ui/empty-state.tsx';
import { Link } from '../ui/link.tsx';
import { Loaded } from '../ui/loaded.tsx';
import { Page } from '../ui/page.tsx';
import { formatCount } from '../words/numbers.ts';
import { words } from '../words/words.ts';

/** What somebody wants to know who comes back: what runs, what waits and why, what has ended meanwhile. */
export function TodayPage() {
  const text = words.today;
  const navigate = useNavigate();
  const counts = useQuery(jobCountsQuery({ f: '1' }));
  const active = useQuery(activeJobsQuery);
  const ended = useQuery(endedJobsQuery);
  const uploads = useUploads();
  const newJob = () => void navigate({ to: paths.newJob() } as never);
  return (
    <Page
      title={text.title}
      lead={text.lead}
      actions={
        <Button variant="filled" onClick={newJob}>
          {words.jobs.newJob}
        </Button>
      }
    >
      <div className={styles.parts}>
        {uploads.length > 0 && <UploadsPanel uploads={uploads} />}
        <Loaded query={counts}>
          {({ count }) =>
            count === 0 ? (
              <EmptyState title={words.jobs.empty}>
                <p>{words.jobs.emptyText}</p>
                <pre>{words.jobs.emptyCommands}</pre>
              </EmptyState>
            ) : (
              <>
                <Loaded query={active}>
                  {({ running, waiting, shown, count: active }) => (
                    <>
                      <RunningJobs jobs={running} />
                      <WaitingJobs jobs={waiting} />
                      {shown < active && (
                        <p className="muted">{text.active(formatCount(shown), formatCount(active))}</p>
                      )}
                    </>
                  )}
                </Loaded>
                <Loaded query={ended}>
                  {(page) => <EndedJobs jobs={page.results} count={page.count} />}
                </Loaded>
                <MonthPanel />
                <p>
                  <Link to={paths.jobs()} search={{ mine: '1' }}>
                    {text.toAll}
                  </Link>
                </p>
              </>
            )
          }
        </Loaded>
      </div>
    </Page>
  );
}
