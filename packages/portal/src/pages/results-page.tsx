import type { Job } from '@quarry/sdk';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useParams } from '@tanstack/react-router';
import { runQuery } from '../api/queries.ts';
import { RunResults } from '../components/files/run-results.tsx';
import { JobFrame } from '../components/job/job-frame.tsx';
import { RunChooser } from '../components/job/run-chooser.tsx';
import { paths } from '../paths.ts';
import { EmptyState } from '../ui/empty-state.tsx';
import { Loaded } from '../ui/loaded.tsx';
import { words } from '../words/words.ts';

/** What a run has put out, under the address of the run or, for its first one, of the job. */
export function ResultsPage() {
  return <JobFrame part={words.files.results.title}>{(job) => <JobResults job={job} />}</JobFrame>;
}

function JobResults({ job }: { job: Job }) {
  const { runId = '1' } = useParams({ strict: false }) as { runId?: string };
  const navigate = useNavigate();
  const run = useQuery({ ...runQuery(job.id, runId), enabled: job.status !== null });
  const { results } = words.files;
  if (job.status === null) {
    return (
      <EmptyState title={results.unsubmitted}>
        <p>{results.unsubmittedText}</p>
      </EmptyState>
    );
  }
  return (
    <>
      <RunChooser
        runs={job.progress?.runs ?? 1}
        runId={runId}
        onChange={(next) => void navigate({ to: paths.runResults(job.id, next), search: true } as never)}
      />
      <Loaded query={run}>{(found) => <RunResults job={job} run={found} />}</Loaded>
    </>
  );
}
