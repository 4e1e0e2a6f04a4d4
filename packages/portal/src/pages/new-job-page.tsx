import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useEffect, useRef, useState } from 'react';
import { jobQuery, runQuery } from '../api/queries.ts';
import { quarry } from '../api/sdk.ts';
import { useUser } from '../api/session.ts';
import { definitionOf } from '../components/job/definition-of.ts';
import type { Document } from '../forms/job/document.ts';
import { OtherDrafts } from '../forms/job/draft-notes.tsx';
import { changedDraft, isDraftId, newDraftId } from '../forms/job/drafts.ts';
import { textAt } from '../forms/job/fields.ts';
import { withValuesOfRun } from '../forms/job/from-run.ts';
import { JobEditor } from '../forms/job/job-editor.tsx';
import { changeDraft, draftsOf } from '../forms/job/open-drafts.ts';
import { EMPTY_JOB, useJobDocument } from '../forms/job/use-job-document.ts';
import { TO_BE_CHOSEN } from '../forms/template/to-be-chosen.ts';
import { paths } from '../paths.ts';
import { ErrorState } from '../ui/error-state.tsx';
import { Loading } from '../ui/loading.tsx';
import { notifyDone } from '../ui/notify.tsx';
import { useSearchState } from '../ui/use-search.ts';
import { words } from '../words/words.ts';

/** A job, made by a form and as JSON at once, saved or submitted. */
export function NewJobPage() {
  const [{ draft, from, run }] = useSearchState();
  const wanted = isDraftId(draft) ? draft : null;
  // An id that nothing has yet, for what is begun here; another one as soon as that has its address.
  const [fresh, setFresh] = useState(newDraftId);
  useEffect(() => {
    if (wanted === fresh) {
      setFresh(newDraftId());
    }
  }, [wanted, fresh]);
  if (from !== undefined) {
    return <Copied jobId={from} runId={run ?? null} />;
  }
  const id = wanted ?? fresh;
  return <NewJob key={id} draftId={id} />;
}

function NewJob({ draftId }: { draftId: string }) {
  const text = words.newJob;
  const job = useJobDocument(draftId, EMPTY_JOB);
  const [{ draft }, change] = useSearchState();
  const navigate = useNavigate();
  const isBegun = job.document !== EMPTY_JOB || job.problem !== null || Object.keys(job.tables).length > 0;
  const address = job.movedTo ?? (isBegun ? draftId : draft);
  useEffect(() => {
    if (address !== draft) {
      change({ draft: address });
    }
  }, [address, draft, change]);
  useEffect(() => {
    if (job.movedTo !== null) {
      notifyDone(words.newJob.drafts.moved);
    }
  }, [job.movedTo]);
  const beginAnother = () => void navigate({ to: paths.newJob(), search: {} } as never);
  return (
    <JobEditor
      job={job}
      draftId={draftId}
      title={text.title}
      lead={text.lead}
      isBegun={isBegun}
      actions={
        isBegun ? (
          <Button onClick={beginAnother}>{text.drafts.another}</Button>
        ) : (
          <Button
            onClick={() => void navigate({ to: paths.newJob(), search: { template: TO_BE_CHOSEN } } as never)}
          >
            {words.templates.fromForm}
          </Button>
        )
      }
      onDiscard={() => {
        job.close();
        beginAnother();
      }}
      save={(definition) => quarry.jobs.create(definition, { idempotencyKey: job.idempotencyKey })}
    >
      {draft === draftId && !isBegun && !job.isRestored && <p>{text.drafts.unknown}</p>}
      {!isBegun && <OtherDrafts except={draftId} />}
    </JobEditor>
  );
}

/** A draft of what another job was made of, or one of its runs, as soon as that is there; drafts that there are stay. */
function Copied({ jobId, runId }: { jobId: string; runId: string | null }) {
  const [, change] = useSearchState();
  const drafts = draftsOf(useUser().id);
  const query = useQuery(jobQuery(jobId));
  const run = useQuery({ ...runQuery(jobId, runId ?? ''), enabled: runId !== null });
  const isBegun = useRef(false);
  const { data } = query;
  const isComplete = runId === null || run.data !== undefined;
  useEffect(() => {
    if (data && isComplete && !isBegun.current) {
      isBegun.current = true;
      const definition = JSON.parse(JSON.stringify(definitionOf(data))) as Document;
      const name = textAt(definition, ['name']);
      const copy = {
        ...(run.data ? withValuesOfRun(definition, run.data) : definition),
        name: run.data ? words.sweep.fromRun(name, run.data.id) : words.newJob.copyOf(name),
        clonedFrom: data.id,
      };
      const id = newDraftId();
      changeDraft(drafts, id, (draft) => changedDraft(draft, copy));
      change({ from: undefined, run: undefined, draft: id });
    }
  }, [data, isComplete, run.data, drafts, change]);
  const failed = [query, run].find(({ error }) => error !== null);
  return failed ? <ErrorState error={failed.error} onRetry={() => void failed.refetch()} /> : <Loading />;
}
