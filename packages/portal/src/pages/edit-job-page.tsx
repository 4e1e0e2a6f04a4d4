import type { Job } from '@quarry/sdk';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useParams } from '@tanstack/react-router';
import { useState } from 'react';
import { canJob } from '../api/can.ts';
import { stateOf } from '../api/job-state.ts';
import { jobQuery } from '../api/queries.ts';
import { quarry } from '../api/sdk.ts';
import { definitionOf } from '../components/job/definition-of.ts';
import { isMissing, MissingPage } from '../components/missing-page.tsx';
import { changesOf } from '../forms/job/changes.ts';
import type { Document } from '../forms/job/document.ts';
import { draftIdOfJob } from '../forms/job/draft-notes.tsx';
import { JobEditor } from '../forms/job/job-editor.tsx';
import { useJobDocument } from '../forms/job/use-job-document.ts';
import { paths } from '../paths.ts';
import { EmptyState } from '../ui/empty-state.tsx';
import { Link } from '../ui/link.tsx';
import { Loaded } from '../ui/loaded.tsx';
import { Page } from '../ui/page.tsx';
import { words } from '../words/words.ts';

/** A job that is saved and not submitted, changed by the form that has made it. */
export function EditJobPage() {
  const { jobId } = useParams({ strict: false }) as { jobId: string };
  const query = useQuery(jobQuery(jobId));
  if (isMissing(query)) {
    return <MissingPage />;
  }
  if (query.data === undefined) {
    return (
      <Page title={words.newJob.edit.title(jobId)}>
        <Loaded query={query}>{() => null}</Loaded>
      </Page>
    );
  }
  const { name, status, outcome } = query.data;
  const refusal = canJob('edit', stateOf({ status, outcome }));
  return refusal === null ? (
    <EditJob key={jobId} job={query.data} />
  ) : (
    <Page title={words.newJob.edit.title(name)}>
      <EmptyState title={refusal}>
        <Link to={paths.newJob()} search={{ from: jobId }}>
          {words.jobs.actions.cloneAndEdit}
        </Link>
      </EmptyState>
    </Page>
  );
}

function EditJob({ job: saved }: { job: Job }) {
  const text = words.newJob.edit;
  const draftId = draftIdOfJob(saved.id);
  const navigate = useNavigate();
  // As it was when the page was opened: what comes of news meanwhile must not go under what is typed.
  const [start] = useState(() => documentOf(saved));
  const job = useJobDocument(draftId, start, start);
  // A draft may have been begun days ago: what it changes is the job of then.
  const basis = job.basis ?? start;
  const isBegun = job.problem !== null || Object.keys(changesOf(basis, job.document)).length > 0;
  return (
    <JobEditor
      job={job}
      draftId={draftId}
      title={text.title(saved.name)}
      lead={text.lead}
      isBegun={isBegun}
      onDiscard={() => {
        job.close();
        void navigate({ to: paths.job(saved.id) } as never);
      }}
      save={async () => {
        const changes = changesOf(basis, job.document);
        // What was read then must be what the changes are of.
        const now = await quarry.jobs.get(saved.id);
        if (Object.keys(changesOf(basis, documentOf(now))).length > 0) {
          throw new Error(text.changedElsewhere);
        }
        if (Object.keys(changes).length === 0) {
          return saved;
        }
        const changed = await quarry.jobs.update(saved.id, changes);
        // Of what is typed meanwhile, this is what it changes.
        job.rebase(documentOf(changed));
        return changed;
      }}
    />
  );
}

function documentOf(job: Job): Document {
  return JSON.parse(JSON.stringify(definitionOf(job))) as Document;
}
