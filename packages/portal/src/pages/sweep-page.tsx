import type { Job } from '@quarry/sdk';
import type { JobState } from '../api/job-state.ts';
import { JobFrame } from '../components/job/job-frame.tsx';
import { SweepView } from '../components/sweep/sweep-parts.tsx';
import { useSweep } from '../components/sweep/sweep-queries.ts';
import { paths } from '../paths.ts';
import { EmptyState } from '../ui/empty-state.tsx';
import { Link } from '../ui/link.tsx';
import { Loaded } from '../ui/loaded.tsx';
import { Loading } from '../ui/loading.tsx';
import { words } from '../words/words.ts';

/** All runs of a sweep at once: what they were given and what came of it. */
export function SweepPage() {
  return (
    <JobFrame part={words.sweep.title}>
      {(job, state) => <JobSweep key={job.id} job={job} state={state} />}
    </JobFrame>
  );
}

function JobSweep({ job, state }: { job: Job; state: JobState }) {
  const query = useSweep(job);
  const text = words.sweep;
  if (job.jobvariables.length === 0) {
    return (
      <EmptyState title={text.none}>
        <p>{text.noneText}</p>
        <Link to={paths.jobResults(job.id)}>{text.openResults}</Link>
      </EmptyState>
    );
  }
  if (job.status === null) {
    return <EmptyState title={text.unsubmitted}>{text.unsubmittedText}</EmptyState>;
  }
  return (
    <Loaded query={query} skeleton={<Loading rows={10} height={36} />}>
      {({ sweep }) => <SweepView job={job} state={state} sweep={sweep} />}
    </Loaded>
  );
}
