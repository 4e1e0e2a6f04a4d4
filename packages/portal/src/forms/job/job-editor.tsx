import { Button } from '@mantine/core';
import { BadRequestError, type FieldError, type JobDefinition, type JobPreview } from '@quarry/sdk';
import { useMutation } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { jobPreviewQuery, queryClient } from '../../api/queries.ts';
import { quarry } from '../../api/sdk.ts';
import { useAwayRefusal } from '../../components/jobs/use-job-actions.ts';
import { paths } from '../../paths.ts';
import { ActionButton } from '../../ui/action-button.tsx';
import { ErrorState } from '../../ui/error-state.tsx';
import { notifyDone, notifyFailed } from '../../ui/notify.tsx';
import { Page } from '../../ui/page.tsx';
import { useSearchState } from '../../ui/use-search.ts';
import { words } from '../../words/words.ts';
import { AskToSubmit, questionsOf } from './ask-to-submit.tsx';
import { type Document, nameOf, type Path } from './document.ts';
import { DiscardDraft, DraftNotes } from './draft-notes.tsx';
import { textAt } from './fields.ts';
import { JobForm } from './job-form.tsx';
import type { JobDocument } from './use-job-document.ts';
import { useJobUploads } from './use-job-uploads.ts';
import { usePreview } from './use-preview.ts';

interface JobEditorProps {
  job: JobDocument;
  draftId: string;
  title: string;
  lead: ReactNode;
  /** What there is to do beside saving. */
  actions?: ReactNode;
  /** Whether there is anything to discard. */
  isBegun: boolean;
  onDiscard: () => void;
  /** What the server makes of the definition: it saves it, and answers the job. */
  save: (definition: JobDefinition) => Promise<{ id: string; name: string }>;
  /** Why it cannot be saved, beside what every job has to keep. */
  refusal?: string | null;
  children?: ReactNode;
}

/** What is to be made, as it was when somebody pressed. */
interface Wanted {
  document: Document;
  revision: string;
  isSubmitted: boolean;
}

const NO_PROBLEMS: readonly FieldError[] = [];

/** The form of a job with what is done to it: it is saved, saved and submitted, or discarded. */
export function JobEditor(props: JobEditorProps) {
  const { job, draftId, title, lead, actions, isBegun, onDiscard, save, children } = props;
  const text = words.newJob;
  const uploads = useJobUploads(draftId, job);
  const away = useAwayRefusal();
  const navigate = useNavigate();
  const [isDiscarded, setIsDiscarded] = useState(false);
  const asking = useRef(false);
  const [isAsking, setIsAsking] = useState(false);
  const [questioned, setQuestioned] = useState<JobPreview | null>(null);
  const [search, change] = useSearchState();
  const run = Math.max(1, Math.trunc(Number(search.run)) || 1);
  const preview = usePreview(job.document, run);
  useEffect(() => {
    if (preview.isNoSuchRun) {
      change({ run: undefined });
    }
  }, [preview.isNoSuchRun, change]);

  const make = useMutation({
    mutationFn: async ({ document, isSubmitted }: Wanted) => {
      const { id, name } = await save(document as unknown as JobDefinition);
      if (!isSubmitted) {
        return { id, done: text.saved(name) };
      }
      try {
        await quarry.jobs.submit(id);
        return { id, done: text.submitted(name) };
      } catch (error) {
        // It is there: what fails from here on is told on its own page.
        notifyFailed(text.notSubmitted, error);
        return { id, done: null };
      }
    },
    onSuccess: ({ id, done }, { revision }) => {
      if (done !== null) {
        notifyDone(done);
      }
      void queryClient.invalidateQueries({ queryKey: ['jobs'] });
      void queryClient.invalidateQueries({ queryKey: ['job', id] });
      void navigate({ to: paths.job(id) } as never).then(() => {
        // Somebody may have typed on while the server was slow.
        if (!job.closeSaved(revision)) {
          notifyDone(text.drafts.changedSince);
        }
      });
    },
  });
  const submit = (isSubmitted: boolean) =>
    make.mutate({ document: job.document, revision: job.revision, isSubmitted });
  /** What was typed a moment ago counts as well, so the server is asked about this very document. */
  const submitUnlessQuestioned = async () => {
    if (asking.current) {
      return;
    }
    asking.current = true;
    setIsAsking(true);
    const query = jobPreviewQuery(job.document as unknown as JobDefinition);
    const found = preview.isBegun ? await queryClient.fetchQuery(query).catch(() => null) : null;
    asking.current = false;
    setIsAsking(false);
    if (found !== null && questionsOf(found).length > 0) {
      setQuestioned(found);
    } else {
      submit(true);
    }
  };
  // What was refused is told as long as it is the same.
  const failed = make.variables?.document === job.document ? make.error : null;
  const refused = failed instanceof BadRequestError ? failed.fieldErrors : NO_PROBLEMS;
  const problems = preview.problems.length > 0 ? preview.problems : refused;
  const errorOf = (path: Path) => problems.find((each) => each.path === nameOf(path))?.message ?? null;
  const states = new Set(uploads.under.map(({ state }) => state));
  const refusal =
    away ??
    (states.has('sending') ? text.uploading : null) ??
    (states.size > 0 ? text.notUploaded : null) ??
    (job.problem === null ? null : text.unreadable) ??
    (Object.keys(job.tables).length > 0 ? words.variables.table.unsaved : null) ??
    props.refusal ??
    null;

  return (
    <Page
      title={title}
      lead={lead}
      actions={
        <>
          {actions}
          {isBegun && <Button onClick={() => setIsDiscarded(true)}>{text.drafts.discard}</Button>}
          <ActionButton refusal={refusal} loading={make.isPending || isAsking} onClick={() => submit(false)}>
            {text.save}
          </ActionButton>
          <ActionButton
            variant="filled"
            refusal={refusal}
            loading={make.isPending || isAsking}
            onClick={() => void submitUnlessQuestioned()}
          >
            {text.submit}
          </ActionButton>
        </>
      }
    >
      <DraftNotes job={job} />
      {children}
      {failed && <ErrorState error={failed} />}
      <JobForm
        job={job}
        uploads={uploads}
        preview={preview}
        run={run}
        onRun={(next) => change({ run: next === 1 ? undefined : String(next) })}
        errorOf={errorOf}
        problems={problems}
      />
      {isDiscarded && (
        <DiscardDraft
          name={textAt(job.document, ['name']) || text.drafts.nameless}
          onClose={() => setIsDiscarded(false)}
          onDiscard={onDiscard}
        />
      )}
      {questioned && (
        <AskToSubmit
          preview={questioned}
          document={job.document}
          onClose={() => setQuestioned(null)}
          onConfirm={() => {
            setQuestioned(null);
            submit(true);
          }}
        />
      )}
    </Page>
  );
}
