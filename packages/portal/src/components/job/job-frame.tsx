import type { Job } from '@quarry/sdk';
import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { type JobState, stateOf } from '../../api/job-state.ts';
import { jobQuery } from '../../api/queries.ts';
import { paths } from '../../paths.ts';
import { Loaded } from '../../ui/loaded.tsx';
import { Name } from '../../ui/name.tsx';
import { Page } from '../../ui/page.tsx';
import { TabLinks } from '../../ui/tab-links.tsx';
import { words } from '../../words/words.ts';
import { isMissing, MissingPage } from '../missing-page.tsx';
import { StateBadge } from '../state-badge.tsx';
import { JobActions } from './job-actions.tsx';
import styles from './job-frame.module.css';

interface JobFrameProps {
  /** What of the job the page shows; nothing for its overview. */
  part?: string;
  children: (job: Job, state: JobState) => ReactNode;
}

/** The job that the address names. */
function useJobId(): string {
  return (useParams({ strict: false }) as { jobId: string }).jobId;
}

/** Whether its runs differ by what they are given. */
function isSweep(job: Job | undefined): boolean {
  return job !== undefined && job.jobvariables.length > 0;
}

function stateOfJob(job: Job): JobState {
  return stateOf({ status: job.status, outcome: job.outcome, failureCode: job.failure?.code });
}

/** What all pages of a job have: its name and state, what can be done to it, and its other pages. */
export function JobFrame({ part, children }: JobFrameProps) {
  const jobId = useJobId();
  const query = useQuery(jobQuery(jobId));
  const { tabs } = words.job;
  const name = query.data?.name ?? jobId;
  if (isMissing(query)) {
    return <MissingPage />;
  }
  return (
    <Page
      title={<Name>{name}</Name>}
      documentTitle={titleOf(query.data, name, part)}
      lead={query.data && <JobLead job={query.data} />}
      actions={query.data && <JobActions job={query.data} state={stateOfJob(query.data)} />}
    >
      <TabLinks
        label={tabs.label}
        tabs={[
          { to: paths.job(jobId), label: tabs.overview },
          { to: paths.jobRuns(jobId), label: tabs.runs },
          { to: paths.jobLog(jobId), label: tabs.log },
          { to: paths.jobResults(jobId), label: tabs.results },
          ...(isSweep(query.data) ? [{ to: paths.jobSweep(jobId), label: tabs.sweep }] : []),
          { to: paths.jobDefinition(jobId), label: tabs.definition },
        ]}
      />
      <Loaded query={query}>{(job) => children(job, stateOfJob(job))}</Loaded>
    </Page>
  );
}

/** What the tab says: how far it is, while there is a way to go, then what it is. */
function titleOf(job: Job | undefined, name: string, part: string | undefined): string {
  const { progress } = job ?? {};
  const isUnderWay = progress && progress.runs > 1 && progress.ended < progress.runs;
  return [isUnderWay ? `${progress.ended}/${progress.runs}` : null, part ?? null, name]
    .filter((text) => text !== null)
    .join(' · ');
}

function JobLead({ job }: { job: Job }) {
  return (
    <span className={styles.lead}>
      <StateBadge state={stateOfJob(job)} />
      <span className="mono">{job.id}</span>
      <span>
        {job.jobanalyses.map(({ analysis }) => `${analysis.name} ${analysis.versionName}`).join(', ')}
      </span>
      <Name>{words.job.of(job.owner)}</Name>
    </span>
  );
}
