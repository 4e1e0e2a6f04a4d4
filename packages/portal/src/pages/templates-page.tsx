import { Button } from '@mantine/core';
import type { JobTemplate } from '@quarry/sdk';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { queryClient, templateQuery, templateVersionsQuery } from '../api/queries.ts';
import { quarry } from '../api/sdk.ts';
import { useAwayRefusal } from '../components/jobs/use-job-actions.ts';
import { TemplateEditor } from '../components/templates/template-editor.tsx';
import styles from '../components/templates/templates.module.css';
import { TemplatesTable } from '../components/templates/templates-table.tsx';
import { paths } from '../paths.ts';
import { ActionButton } from '../ui/action-button.tsx';
import { Confirm } from '../ui/confirm.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { Link } from '../ui/link.tsx';
import { Loaded } from '../ui/loaded.tsx';
import { Name } from '../ui/name.tsx';
import { notifyDone, notifyFailed } from '../ui/notify.tsx';
import { Page } from '../ui/page.tsx';
import { Panel } from '../ui/panel.tsx';
import { SearchField } from '../ui/search-field.tsx';
import { Age } from '../ui/time.tsx';
import { useSearchState } from '../ui/use-search.ts';
import { formatCount } from '../words/numbers.ts';
import { words } from '../words/words.ts';

const NEW = 'new';

/** Job templates, for those who keep them: all of them, or the one that the address names. */
export function TemplatesPage() {
  const [{ id = '', version = '' }] = useSearchState();
  if (id === '') {
    return <AllTemplates />;
  }
  if (id === NEW) {
    return <NewTemplate />;
  }
  const number = /^[1-9]\d{0,8}$/.test(version) ? Number(version) : undefined;
  return <OneTemplate key={`${id} ${version}`} id={id} version={number} />;
}

function AllTemplates() {
  const text = words.templates;
  const [{ q = '', archived = '' }, change] = useSearchState();
  const navigate = useNavigate();
  const isArchived = archived === '1';
  return (
    <Page
      title={text.title}
      lead={text.lead}
      actions={
        <Button
          variant="filled"
          onClick={() => void navigate({ to: paths.templates(), search: { id: NEW } } as never)}
        >
          {text.new}
        </Button>
      }
    >
      <div className={styles.tools}>
        <SearchField label={text.search} value={q} onSearch={(typed) => change({ q: typed || undefined })} />
        <fieldset className={styles.states}>
          <legend className="visually-hidden">{text.which}</legend>
          {[false, true].map((each) => (
            <Button
              key={String(each)}
              size="compact-sm"
              variant={each === isArchived ? 'light' : 'default'}
              aria-pressed={each === isArchived}
              onClick={() => change({ archived: each ? '1' : undefined })}
            >
              {each ? text.archived : text.current}
            </Button>
          ))}
        </fieldset>
      </div>
      <TemplatesTable
        label={text.title}
        filters={{ ...(q !== '' && { search: q }), ...(isArchived && { archived: true }) }}
        linkOf={({ id }) => ({ to: paths.templates(), search: { id } })}
        empty={
          <EmptyState title={q !== '' || isArchived ? text.noMatch : text.none}>
            <p>{text.noneText}</p>
          </EmptyState>
        }
      />
    </Page>
  );
}

const allTemplates = () => <Link to={paths.templates()}>{words.templates.editor.back}</Link>;

function NewTemplate() {
  const navigate = useNavigate();
  return (
    <Page title={words.templates.editor.titleNew} lead={allTemplates()}>
      <TemplateEditor
        template={null}
        onSaved={({ id }) => void navigate({ to: paths.templates(), search: { id } } as never)}
      />
    </Page>
  );
}

function OneTemplate({ id, version }: { id: string; version: number | undefined }) {
  const query = useQuery(templateQuery(id, version));
  const template = query.data;
  if (template === undefined) {
    return (
      <Page title={words.templates.title} lead={allTemplates()}>
        <Loaded query={query}>{() => null}</Loaded>
      </Page>
    );
  }
  return <Shown template={template} pinned={version ?? null} />;
}

function Shown({ template, pinned }: { template: JobTemplate; pinned: number | null }) {
  const text = words.templates.editor;
  const { id, name, version, author, isArchived, projectName } = template;
  const navigate = useNavigate();
  return (
    <Page
      title={<Name>{name}</Name>}
      documentTitle={name}
      lead={
        <>
          {allTemplates()} · {text.version(formatCount(version))} <Name>{text.by(author)}</Name> ·{' '}
          <Name>{projectName ?? words.templates.everybody}</Name>
          {isArchived && ` · ${text.isArchived}`}
        </>
      }
      actions={<Actions template={template} />}
    >
      <TemplateEditor
        key={`${id} ${pinned}`}
        template={template}
        pinned={pinned}
        onSaved={() => void navigate({ to: paths.templates(), search: { id } } as never)}
      />
      <div className={styles.below}>
        <Versions id={id} shown={version} />
      </div>
    </Page>
  );
}

function Actions({ template: { id, name, isArchived, mayChange } }: { template: JobTemplate }) {
  const text = words.templates.editor;
  const away = useAwayRefusal();
  const navigate = useNavigate();
  const [isAsked, setIsAsked] = useState(false);
  const refusal = away ?? (mayChange ? null : text.mayNot);
  const changed = () => queryClient.invalidateQueries({ queryKey: ['templates'] });
  const archive = useMutation({
    mutationFn: () => quarry.jobTemplates.update(id, { isArchived: !isArchived }),
    onSuccess: () => notifyDone(isArchived ? text.unarchivedNow : text.archivedNow),
    onError: (error) => notifyFailed(text.notArchived, error),
    onSettled: changed,
  });
  const remove = useMutation({
    mutationFn: () => quarry.jobTemplates.delete(id),
    onSuccess: () => {
      notifyDone(text.deleted(name));
      void navigate({ to: paths.templates(), search: {} } as never).then(changed);
    },
    onError: (error) => notifyFailed(text.notDeleted, error),
    onSettled: () => setIsAsked(false),
  });
  return (
    <>
      {!isArchived && (
        <Button onClick={() => void navigate({ to: paths.newJob(), search: { template: id } } as never)}>
          {text.use}
        </Button>
      )}
      <ActionButton refusal={refusal} loading={archive.isPending} onClick={() => archive.mutate()}>
        {isArchived ? text.unarchive : text.archive}
      </ActionButton>
      <ActionButton refusal={refusal} onClick={() => setIsAsked(true)}>
        {text.delete}
      </ActionButton>
      <Confirm
        isOpen={isAsked}
        title={text.deleteTitle}
        action={text.delete}
        isPending={remove.isPending}
        refusal={refusal}
        onClose={() => setIsAsked(false)}
        onConfirm={() => remove.mutate()}
      >
        <p>{text.deleteText}</p>
      </Confirm>
    </>
  );
}

function Versions({ id, shown }: { id: string; shown: number }) {
  const text = words.templates.editor;
  const query = useQuery(templateVersionsQuery(id));
  return (
    <Panel title={text.versions}>
      <Loaded query={query}>
        {(versions) => (
          <ol className={styles.versions} reversed>
            {versions.map(({ version, name, author, dateInserted }) => (
              <li key={version}>
                <Link
                  to={paths.templates()}
                  search={{ id, version: String(version) }}
                  aria-current={version === shown ? 'true' : undefined}
                >
                  {text.version(formatCount(version))}
                </Link>{' '}
                <Name>{name}</Name> <Name className="muted">{text.by(author)}</Name>{' '}
                <Age date={dateInserted} />
              </li>
            ))}
          </ol>
        )}
      </Loaded>
    </Panel>
  );
}
