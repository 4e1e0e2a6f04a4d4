import { Checkbox, CloseButton, TextInput } from '@mantine/core';
import { useQueries, useQuery } from '@tanstack/react-query';
import { fileQuery, fileTextQuery } from '../../../api/queries.ts';
import { DropZone } from '../../../components/files/drop-zone.tsx';
import { Panel } from '../../../ui/panel.tsx';
import { words } from '../../../words/words.ts';
import { type Document, isObject, read } from '../document.ts';
import { type FieldsProps, listAt, textAt } from '../fields.ts';
import { PendingInput } from '../input-fields.tsx';
import formStyles from '../job-form.module.css';
import type { JobUploads } from '../use-job-uploads.ts';
import type { Preview } from '../use-preview.ts';
import { namesIn } from './marks.ts';
import { RunSlider } from './run-slider.tsx';
import { TemplateView } from './template-view.tsx';

/** Of larger templates only what a run gets of them is shown. */
const MAX_TEMPLATE_BYTES = 1024 * 1024;

interface TemplatesPanelProps extends FieldsProps {
  uploads: JobUploads;
  preview: Preview;
  run: number;
  onRun: (run: number) => void;
}

/** Files that are filled in for each run, as they are and as one run gets them. */
export function TemplatesPanel({ job, tile, errorOf, uploads, preview, run, onRun }: TemplatesPanelProps) {
  const text = words.variables.templates;
  const at = ['jobanalyses', tile, 'templateTasks'] as const;
  const tasks = listAt(job.document, at).filter(isObject);
  const pending = uploads.under.filter((upload) => upload.use === 'template' && upload.tile === tile);
  const { found } = preview;
  const count = found?.runs.count ?? null;
  const ofTile = found?.templates.filter((template) => template.tile === tile) ?? [];
  return (
    <Panel title={text.title}>
      <div className={formStyles.fields}>
        <p className="muted">{text.lead}</p>
        <DropZone label={text.drop} onFiles={(files) => uploads.begin({ tile, use: 'template' }, files)} />
        {tasks.length === 0 && pending.length === 0 && <p>{text.none}</p>}
        {pending.map((upload) => (
          <PendingInput
            key={`${upload.pageId} ${upload.key}`}
            upload={upload}
            onRemove={() => uploads.giveUp(upload)}
          />
        ))}
        {tasks.length > 0 && count !== null && count > 1 && (
          <RunSlider run={Math.min(run, count)} count={count} onChange={onRun} />
        )}
        {tasks.map((task, index) => (
          <TemplateTask
            // biome-ignore lint/suspicious/noArrayIndexKey: a template may be there twice, for two files
            key={`${textAt(task, ['templateFile', 'id'])} ${index}`}
            task={task}
            errors={[
              errorOf([...at, index]),
              errorOf([...at, index, 'templateFile']),
              errorOf([...at, index, 'templateFile', 'id']),
            ]}
            nameError={errorOf([...at, index, 'processedFilename'])}
            rendered={ofTile[index] ?? null}
            run={run}
            onName={(name) => job.set([...at, index, 'processedFilename'], name)}
            onRemove={() => job.set([...at, index], undefined)}
          />
        ))}
        {tasks.length > 0 && (
          <Checkbox
            label={text.dryRun}
            checked={read(job.document, ['isTemplateDryRun']) === true}
            onChange={(event) => job.set(['isTemplateDryRun'], event.currentTarget.checked || undefined)}
            error={errorOf(['isTemplateDryRun'])}
          />
        )}
      </div>
    </Panel>
  );
}

interface TemplateTaskProps {
  task: Document;
  errors: readonly (string | null)[];
  nameError: string | null;
  rendered: NonNullable<Preview['found']>['templates'][number] | null;
  run: number;
  onName: (name: string) => void;
  onRemove: () => void;
}

function TemplateTask({ task, errors, nameError, rendered, run, onName, onRemove }: TemplateTaskProps) {
  const text = words.variables.templates;
  const id = textAt(task, ['templateFile', 'id']);
  const file = useQuery({ ...fileQuery(id), enabled: id !== '' });
  const isSmall = (file.data?.decryptedSize ?? Number.POSITIVE_INFINITY) <= MAX_TEMPLATE_BYTES;
  const template = useQuery({ ...fileTextQuery(id), enabled: id !== '' && isSmall });
  const name = file.data?.name ?? id;
  const error = errors.find((each) => each !== null) ?? file.error?.message ?? null;
  return (
    <section aria-label={name}>
      <div className={formStyles.input}>
        <TextInput
          className={formStyles.inputName}
          label={text.fileName(name)}
          value={textAt(task, ['processedFilename'])}
          onChange={(event) => onName(event.currentTarget.value)}
          error={nameError}
          spellCheck={false}
        />
        <CloseButton aria-label={text.remove(name)} onClick={onRemove} />
      </div>
      {error !== null && <p className={formStyles.error}>{error}</p>}
      {file.data && !isSmall && <p className="muted">{text.noText}</p>}
      <TemplateView name={name} template={template.data ?? null} rendered={rendered} run={run} />
    </section>
  );
}

/** Names that the templates of all tiles ask for, of those that are small enough to be read here. */
export function useNamesInTemplates(document: Document): string[] {
  const ids = [
    ...new Set(
      listAt(document, ['jobanalyses']).flatMap((_, tile) =>
        listAt(document, ['jobanalyses', tile, 'templateTasks'])
          .filter(isObject)
          .map((task) => textAt(task, ['templateFile', 'id']))
          .filter((id) => id !== ''),
      ),
    ),
  ];
  const files = useQueries({ queries: ids.map((id) => fileQuery(id)) });
  const texts = useQueries({
    queries: ids.map((id, index) => ({
      ...fileTextQuery(id),
      enabled: (files[index]?.data?.decryptedSize ?? Number.POSITIVE_INFINITY) <= MAX_TEMPLATE_BYTES,
    })),
  });
  return [...new Set(texts.flatMap(({ data }) => (data === undefined ? [] : namesIn(data))))];
}
