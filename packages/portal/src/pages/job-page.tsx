import { JobFrame } from '../components/job/job-frame.tsx';
import { JobSummary } from '../components/job/job-summary.tsx';
import { NewestResult } from '../components/job/newest-result.tsx';
import { RunsTable } from '../components/job/runs-table.tsx';
import { Timeline } from '../components/job/timeline.tsx';
import { WhyPanel } from '../components/job/why-panel.tsx';
import styles from './job-page.module.css';

/** A job: what it is doing and why, how long, how much and where first; then what happened, and its runs. */
export function JobPage() {
  return (
    <JobFrame>
      {(job, state) => (
        <div className={styles.parts}>
          <WhyPanel job={job} state={state} />
          <JobSummary job={job} state={state} />
          <NewestResult job={job} state={state} />
          <Timeline jobId={job.id} />
          {state !== 'saved' && <RunsTable job={job} />}
        </div>
      )}
    </JobFrame>
  );
}
