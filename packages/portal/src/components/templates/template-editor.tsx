import { Button, NativeSelect, Textarea } from '@mantine/core';
import type { JobTemplate, JobTemplateCreation } from '@quarry/sdk';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { queryClient } from '../../api/queries.ts';
import { quarry } from '../../api/sdk.ts';
import { useUser } from '../../api/session.ts';
import { TemplateFields } from '../../forms/template/template-fields.tsx';
import { fieldsOf, fromText, NEW_TEMPLATE, toText } from '../../forms/template/template-text.ts';
import { startOf, type Typed } from '../../forms/template/values.ts';
import { ActionButton } from '../../ui/action-button.tsx';
import { ErrorState } from '../../ui/error-state.tsx';
import { notifyDone } from '../../ui/notify.tsx';
import { Panel } from '../../ui/panel.tsx';
import { formatCount } from '../../words/numbers.ts';
import { words } from '../../words/words.ts';
import { useAwayRefusal } from '../jobs/use-job-actions.ts';
import styles from './templates.module.css';

interface TemplateEditorProps {
  /** Null for a new one. */
  template: JobTemplate | null;
  onSaved: (template: JobTemplate) => void;
}

/** A job template as JSON, and beside it the form that it is. */
export function TemplateEditor({ template, onSaved }: TemplateEditorProps) {
  const text = words.templates.editor;
  const user = useUser();
  const away = useAwayRefusal();
  const draft = `quarry.template.${user.id}.${template === null ? 'new' : `${template.id}.${template.version}`}`;
  const start = toText(template ?? NEW_TEMPLATE);
  const [typed, setTyped] = useState(() => localStorage.getItem(draft) ?? start);
  const [projectId, setProjectId] = useState('');
  const parsed = fromText(typed);
  const problem = 'problem' in parsed ? text.jsonWrong(parsed.problem || text.jsonNoObject) : null;
  const type = (next: string) => {
    setTyped(next);
    keep(draft, next === start ? null : next);
  };

  const save = useMutation({
    mutationFn: (wanted: JobTemplateCreation) =>
      template === null
        ? quarry.jobTemplates.create({ ...wanted, projectId: projectId || wanted.projectId || null })
        : quarry.jobTemplates.update(template.id, { ...wanted, version: template.latestVersion }),
    onSuccess: (saved) => {
      keep(draft, null);
      notifyDone(text.saved(formatCount(saved.version)));
      void queryClient.invalidateQueries({ queryKey: ['templates'] });
      onSaved(saved);
    },
  });
  const isNewest = template === null || template.version === template.latestVersion;
  const off =
    away ??
    problem ??
    (template?.mayChange === false ? text.mayNot : null) ??
    (template !== null && isNewest && typed === start ? text.unchanged : null);
  return (
    <div className={styles.halves}>
      <div className={styles.half}>
        {!isNewest && <p>{text.isOld(formatCount(template.version), formatCount(template.latestVersion))}</p>}
        {template === null && (
          <NativeSelect
            label={text.project}
            value={projectId}
            onChange={(event) => setProjectId(event.currentTarget.value)}
            data={[
              { value: '', label: words.templates.everybody },
              ...user.company.projects.map(({ id, name }) => ({ value: id, label: name })),
            ]}
          />
        )}
        {save.error && <ErrorState error={save.error} />}
        <Textarea
          className={styles.json}
          label={text.json}
          description={text.jsonHint}
          autosize
          minRows={18}
          maxRows={40}
          spellCheck={false}
          readOnly={template?.mayChange === false}
          value={typed}
          onChange={(event) => type(event.currentTarget.value)}
          error={problem}
        />
        <div>
          <ActionButton
            variant="filled"
            refusal={off}
            loading={save.isPending}
            onClick={() => 'template' in parsed && save.mutate(parsed.template)}
          >
            {template === null ? text.save : text.saveVersion}
          </ActionButton>{' '}
          {typed !== start && (
            <Button variant="subtle" onClick={() => type(start)}>
              {words.templates.editor.undo}
            </Button>
          )}
        </div>
      </div>
      <Panel title={text.preview}>{'template' in parsed && <FormPreview template={parsed.template} />}</Panel>
    </div>
  );
}

/** As people see it; what is typed here goes nowhere. */
function FormPreview({ template }: { template: JobTemplateCreation }) {
  const [changes, setChanges] = useState<Typed>({});
  const fields = fieldsOf(template);
  const { description = '' } = template;
  return (
    <>
      {typeof description === 'string' && description !== '' && <p>{description}</p>}
      {fields.length === 0 ? (
        <p className="muted">{words.templates.editor.noFields}</p>
      ) : (
        <TemplateFields
          fields={fields}
          typed={{ ...startOf(fields), ...changes }}
          errorOf={() => null}
          onChange={(name, value) => setChanges((current) => ({ ...current, [name]: value }))}
        />
      )}
    </>
  );
}

/** What a keeper has typed survives the page. */
function keep(draft: string, text: string | null): void {
  try {
    if (text === null) {
      localStorage.removeItem(draft);
    } else {
      localStorage.setItem(draft, text);
    }
  } catch {
    localStorage.removeItem(draft);
  }
}
