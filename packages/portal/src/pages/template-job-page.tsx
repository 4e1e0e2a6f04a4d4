import { TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { BadRequestError, type JobTemplate, type JobTemplatePreview } from '@quarry/sdk';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useRef } from 'react';
import { flushSync } from 'react-dom';
import { queryClient, templatePreviewQuery, templateQuery } from '../api/queries.ts';
import { newIdempotencyKey } from '../api/random-id.ts';
import { quarry } from '../api/sdk.ts';
import { useUser } from '../api/session.ts';
import { useAwayRefusal } from '../components/jobs/use-job-actions.ts';
import { TemplateScript } from '../components/templates/template-script.tsx';
import styles from '../components/templates/templates.module.css';
import { TemplatesTable } from '../components/templates/templates-table.tsx';
import { keepFreeJob } from '../forms/template/keep-free-job.ts';
import { TemplateFields } from '../forms/template/template-fields.tsx';
import { TO_BE_CHOSEN } from '../forms/template/to-be-chosen.ts';
import { useTemplateForm } from '../forms/template/use-template-form.ts';
import { paths } from '../paths.ts';
import { ActionButton } from '../ui/action-button.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { ErrorState } from '../ui/error-state.tsx';
import { Link } from '../ui/link.tsx';
import { Loaded } from '../ui/loaded.tsx';
import { Name } from '../ui/name.tsx';
import { notifyDone } from '../ui/notify.tsx';
import { Page } from '../ui/page.tsx';
import { Panel } from '../ui/panel.tsx';
import { formatCount } from '../words/numbers.ts';
import { words } from '../words/words.ts';

const TYPING_MS = 400;
/** A job by the form of a job template, or which of these it is to be. */
export function TemplateJobPage({ templateId }: { templateId: string }) {
  return templateId === TO_BE_CHOSEN ? <ChooseTemplate /> : <OneTemplate key={templateId} id={templateId} />;
}

function ChooseTemplate() {
  const text = words.templates;
  const { role } = useUser();
  return (
    <Page
      title={text.listTitle}
      lead={text.listLead}
      actions={
        <>
          {role !== undefined && role !== 'member' && <Link to={paths.templates()}>{text.title}</Link>}
          <Link to={paths.newJob()}>{text.freeJob}</Link>
        </>
      }
    >
      <TemplatesTable
        label={text.listTitle}
        filters={{}}
        linkOf={({ id }) => ({ to: paths.newJob(), search: { template: id } })}
        empty={
          <EmptyState title={text.noneForYou}>
            <p>{text.noneForYouText}</p>
            <Link to={paths.newJob()}>{text.freeJob}</Link>
          </EmptyState>
        }
      />
    </Page>
  );
}

function OneTemplate({ id }: { id: string }) {
  const query = useQuery(templateQuery(id));
  if (query.data === undefined) {
    return (
      <Page title={words.templates.listTitle}>
        <Loaded query={query}>{() => null}</Loaded>
      </Page>
    );
  }
  return <TemplateForm template={query.data} />;
}

function TemplateForm({ template }: { template: JobTemplate }) {
  const text = words.templates.form;
  const { id, name, description, fields, version } = template;
  const form = useTemplateForm(template);
  const { jobName } = form;
  const away = useAwayRefusal();
  const userId = useUser().id;
  const navigate = useNavigate();
  const values = JSON.stringify(form.values);
  const [settled] = useDebouncedValue(values, TYPING_MS);
  const isComplete = form.missing.size === 0;
  const preview = useQuery({
    ...templatePreviewQuery(id, version, settled),
    enabled: isComplete && !template.isArchived,
  });
  const last = useRef<JobTemplatePreview | null>(null);
  last.current = preview.data ?? last.current;
  const keyOf = useIdempotencyKey(`${id} ${version} ${values} ${jobName}`);

  const make = useMutation({
    mutationFn: (submit: boolean) => {
      const options = { version, submit, idempotencyKey: keyOf(submit) };
      const named = jobName.trim() === '' ? options : { ...options, name: jobName.trim() };
      return quarry.jobTemplates.createJob(id, form.values, named);
    },
    onSuccess: (job, isSubmitted) => {
      notifyDone(isSubmitted ? text.submitted(job.name) : text.saved(job.name));
      form.forget();
      void queryClient.invalidateQueries({ queryKey: ['jobs'] });
      void navigate({ to: paths.job(job.id) } as never);
    },
  });
  const refusal = make.error ?? (isComplete ? preview.error : null);
  const problems = refusal instanceof BadRequestError ? refusal.fieldErrors : [];
  const errorOf = (field: string) => {
    if (form.missing.has(field)) {
      return form.touched.has(field) ? text.required : null;
    }
    return (
      problems.find(({ path }) => path === `values.${field}` || path.startsWith(`values.${field}[`))
        ?.message ?? null
    );
  };
  const faults = problems
    .filter(({ path }) => path.startsWith('definition'))
    .map(({ path, message }) => `${path}: ${message}`);
  const isShown = problems.some(({ path }) => /^(?:values|definition)\b/.test(path));
  const off =
    away ??
    (template.isArchived ? text.isArchived : null) ??
    (form.under.some(({ state }) => state === 'sending') ? text.uploading : null) ??
    (form.under.length > 0 ? text.notUploaded : null);
  const press = (isSubmitted: boolean) => {
    // What is missing has its sentence, and its mark, before it is looked for.
    flushSync(form.touchAll);
    if (isComplete) {
      make.mutate(isSubmitted);
    } else {
      document
        .querySelector<HTMLElement>(
          '[data-template-form] :is([aria-invalid="true"], fieldset:has([role="alert"]) :is(button, input))',
        )
        ?.focus();
    }
  };
  const openFree = () => {
    const draft = keepFreeJob(userId, preview.data!.definition);
    void navigate({ to: paths.newJob(), search: { draft } } as never);
  };
  return (
    <Page
      title={<Name>{name}</Name>}
      documentTitle={name}
      lead={
        <>
          <span className="prewrap">{description}</span> {text.version(formatCount(version))}
        </>
      }
      actions={
        <>
          <ActionButton refusal={preview.data && settled === values ? null : text.freeOff} onClick={openFree}>
            {text.free}
          </ActionButton>
          <ActionButton refusal={off} loading={make.isPending} onClick={() => press(false)}>
            {text.save}
          </ActionButton>
          <ActionButton variant="filled" refusal={off} loading={make.isPending} onClick={() => press(true)}>
            {text.submit}
          </ActionButton>
        </>
      }
    >
      {template.isArchived && <p>{text.isArchived}</p>}
      {refusal !== null && !isShown && <ErrorState error={refusal} />}
      <div className={styles.halves}>
        <Panel title={text.fields}>
          <div className={styles.half} data-template-form>
            <TextInput
              label={text.jobName}
              description={text.optional}
              maxLength={255}
              value={jobName}
              onChange={(event) => form.setJobName(event.currentTarget.value)}
            />
            <TemplateFields
              fields={fields}
              typed={form.typed}
              errorOf={errorOf}
              onChange={(field, value) => {
                make.reset();
                form.change(field, value);
              }}
              files={form}
            />
          </div>
        </Panel>
        <section aria-live="polite" className={styles.half}>
          <TemplateScript
            preview={last.current}
            isOld={last.current !== null && preview.data === undefined}
            faults={faults}
          />
        </section>
      </div>
    </Page>
  );
}

/** The same for the same job: to press twice, or again after a broken connection, makes one. */
function useIdempotencyKey(wanted: string): (isSubmitted: boolean) => string {
  const made = useRef<{ wanted: string; key: string } | null>(null);
  return (isSubmitted) => {
    const now = `${wanted} ${isSubmitted}`;
    if (made.current?.wanted !== now) {
      made.current = { wanted: now, key: newIdempotencyKey() };
    }
    return made.current.key;
  };
}
