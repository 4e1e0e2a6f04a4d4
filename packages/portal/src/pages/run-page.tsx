import { Button } from '@mantine/core';
import type { Job } from '@quarry/sdk';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useParams } from '@tanstack/react-router';
import { runQuery } from '../api/queries.ts';
import { JobFrame } from '../components/job/job-frame.tsx';
import { RunChooser } from '../components/job/run-chooser.tsx';
import { isMissing } from '../components/missing-page.tsx';
import { RunDetails } from '../components/runs/run-details.tsx';
import { paths } from '../paths.ts';
import { EmptyState } from '../ui/empty-state.tsx';
import { Loaded } from '../ui/loaded.tsx';
import { words } from '../words/words.ts';

/** One run: what it was given and has printed, how it went and why, what it used, and what it has left. */
export function RunPage() {
  const { runId } = useParams({ strict: false }) as { runId: string };
  return (
    <JobFrame part={words.runs.ofRun(runId)}>
      {(job, state) =>
        state === 'saved' ? (
          <EmptyState title={words.runs.unsubmitted}>
            <p>{words.runs.unsubmittedText}</p>
          </EmptyState>
        ) : (
          <OneRun job={job} runId={runId} />
        )
      }
    </JobFrame>
  );
}

function OneRun({ job, runId }: { job: Job; runId: string }) {
  const navigate = useNavigate();
  const run = useQuery(runQuery(job.id, runId));
  if (isMissing(run)) {
    return (
      <EmptyState title={words.runs.missing(runId)}>
        <p>{words.runs.missingText}</p>
        <Button onClick={() => void navigate({ to: paths.jobRuns(job.id) } as never)}>
          {words.runs.toRuns}
        </Button>
      </EmptyState>
    );
  }
  return (
    <>
      <RunChooser
        runs={job.progress?.runs ?? 1}
        runId={runId}
        onChange={(next) => void navigate({ to: paths.run(job.id, next) } as never)}
      />
      <Loaded query={run}>{(found) => <RunDetails job={job} run={found} />}</Loaded>
    </>
  );
}
