import { Button, Textarea } from '@mantine/core';
import { BadRequestError, type JobDefinition, toDefinition } from '@quarry/sdk';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useEffect, useRef, useState } from 'react';
import { jobQuery, queryClient } from '../api/queries.ts';
import { quarry } from '../api/sdk.ts';
import { useAwayRefusal } from '../components/jobs/use-job-actions.ts';
import { AboutFields } from '../forms/job/about-fields.tsx';
import { type Document, nameOf, type Path, unshown } from '../forms/job/document.ts';
import { listAt, textAt } from '../forms/job/fields.ts';
import { HardwareFields } from '../forms/job/hardware-fields.tsx';
import { InputFields } from '../forms/job/input-fields.tsx';
import styles from '../forms/job/job-form.module.css';
import { Outlook } from '../forms/job/outlook.tsx';
import { SoftwareFields } from '../forms/job/software-fields.tsx';
import { EMPTY_JOB, useJobDocument } from '../forms/job/use-job-document.ts';
import { letGoOfUploads, useJobInputs } from '../forms/job/use-job-inputs.ts';
import { paths } from '../paths.ts';
import { ActionButton } from '../ui/action-button.tsx';
import { ErrorState } from '../ui/error-state.tsx';
import { notifyDone, notifyFailed } from '../ui/notify.tsx';
import { Page } from '../ui/page.tsx';
import { Panel } from '../ui/panel.tsx';
import { useSearchState } from '../ui/use-search.ts';
import { formatCount } from '../words/numbers.ts';
import { words } from '../words/words.ts';

/** A job, made by a form and as JSON at once, saved or submitted. */
export function NewJobPage() {
  const text = words.newJob;
  const job = useJobDocument();
  const { isUploading, take } = useJobInputs(job);
  const [tile, setTile] = useState(0);
  const away = useAwayRefusal();
  const navigate = useNavigate();
  const startAnew = () => {
    letGoOfUploads();
    job.clear();
  };
  const original = useOriginal(job.replace);
  const tiles = Math.max(1, listAt(job.document, ['jobanalyses']).length);
  const shown = Math.min(tile, tiles - 1);
  const keyOf = useIdempotencyKey(job.document);

  const make = useMutation({
    mutationFn: async (isSubmitted: boolean) => {
      const definition = job.document as unknown as JobDefinition;
      const created = await quarry.jobs.create(definition, { idempotencyKey: keyOf() });
      if (isSubmitted) {
        // It is there: what fails from here on is told on its own page.
        await quarry.jobs.submit(created.id).catch((error) => notifyFailed(text.notSubmitted, error));
      }
      return created;
    },
    onSuccess: ({ id, name }, isSubmitted) => {
      notifyDone(isSubmitted ? text.submitted(name) : text.saved(name));
      startAnew();
      void queryClient.invalidateQueries({ queryKey: ['jobs'] });
      void navigate({ to: paths.job(id) } as never);
    },
  });
  const fieldErrors = make.error instanceof BadRequestError ? make.error.fieldErrors : [];
  const errorOf = (path: Path) => fieldErrors.find((error) => error.path === nameOf(path))?.message ?? null;
  const refusal =
    away ?? (isUploading ? text.uploading : null) ?? (job.problem === null ? null : text.unreadable);
  const kept = unshown(job.document, shown);
  const fields = { job, tile: shown, errorOf };

  return (
    <Page
      title={text.title}
      lead={text.lead}
      actions={
        <>
          {job.document !== EMPTY_JOB && <Button onClick={startAnew}>{text.startAnew}</Button>}
          <ActionButton refusal={refusal} loading={make.isPending} onClick={() => make.mutate(false)}>
            {text.save}
          </ActionButton>
          <ActionButton
            variant="filled"
            refusal={refusal}
            loading={make.isPending}
            onClick={() => make.mutate(true)}
          >
            {text.submit}
          </ActionButton>
        </>
      }
    >
      {job.isRestored && <p className="muted">{text.restored}</p>}
      {original.error && <ErrorState error={original.error} onRetry={() => void original.refetch()} />}
      {make.error && <ErrorState error={make.error} />}
      <div className={styles.form}>
        <div className={styles.parts}>
          <div className={styles.tiles}>
            {tiles > 1 &&
              Array.from({ length: tiles }, (_, index) => (
                <Button
                  // biome-ignore lint/suspicious/noArrayIndexKey: a tile is known by its place
                  key={index}
                  size="compact-sm"
                  variant={index === shown ? 'light' : 'default'}
                  aria-pressed={index === shown}
                  onClick={() => setTile(index)}
                >
                  {text.tile(formatCount(index + 1), formatCount(tiles))}
                </Button>
              ))}
            <Button
              size="compact-sm"
              onClick={() => {
                job.set(['jobanalyses', tiles], listAt(EMPTY_JOB, ['jobanalyses'])[0]);
                setTile(tiles);
              }}
            >
              {text.addTile}
            </Button>
            {tiles > 1 && (
              <Button size="compact-sm" onClick={() => job.set(['jobanalyses', shown], undefined)}>
                {text.removeTile}
              </Button>
            )}
          </div>
          <Panel title={text.steps.inputs}>
            <div className={styles.fields}>
              <InputFields {...fields} onUpload={(keys) => take(shown, keys)} />
            </div>
          </Panel>
          <Panel title={text.steps.software}>
            <div className={styles.fields}>
              <SoftwareFields {...fields} />
            </div>
          </Panel>
          <Panel title={text.steps.hardware}>
            <div className={styles.fields}>
              <HardwareFields {...fields} />
            </div>
          </Panel>
          <Panel title={text.steps.about}>
            <div className={styles.fields}>
              <AboutFields {...fields} />
            </div>
          </Panel>
        </div>
        <div className={styles.json}>
          {job.problem === null && <Outlook document={job.document} />}
          <Textarea
            label={text.json}
            autosize
            minRows={16}
            maxRows={32}
            spellCheck={false}
            value={job.text}
            onChange={(event) => job.type(event.currentTarget.value)}
            error={job.problem === null ? null : text.jsonWrong(job.problem)}
          />
          {kept.length > 0 && <p className="muted">{text.kept(kept.join(', '))}</p>}
        </div>
      </div>
    </Page>
  );
}

/** The job that the address asks to begin with, once it is there. */
function useOriginal(replace: (document: Document) => void) {
  const [{ from = '' }, change] = useSearchState();
  const query = useQuery({ ...jobQuery(from), enabled: from !== '' });
  const { data } = query;
  useEffect(() => {
    if (data) {
      letGoOfUploads();
      const definition = JSON.parse(JSON.stringify(toDefinition(data))) as Document;
      replace({
        ...definition,
        name: words.newJob.copyOf(textAt(definition, ['name'])),
        clonedFrom: data.id,
      });
      change({ from: undefined });
    }
  }, [data, replace, change]);
  return query;
}

/** The same for the same document: to press twice, or again after a broken connection, makes one job. */
function useIdempotencyKey(document: Document): () => string {
  const made = useRef<{ document: Document; key: string } | null>(null);
  return () => {
    if (made.current?.document !== document) {
      made.current = {
        document,
        key: Array.from(crypto.getRandomValues(new Uint32Array(4)), String).join('-'),
      };
    }
    return made.current.key;
  };
}
