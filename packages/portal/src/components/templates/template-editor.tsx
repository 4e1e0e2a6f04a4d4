import { Button, NativeSelect, Textarea } from '@mantine/core';
import type { JobTemplate, JobTemplateCreation } from '@quarry/sdk';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { queryClient, templateQuery } from '../../api/queries.ts';
import { quarry } from '../../api/sdk.ts';
import { useUser } from '../../api/session.ts';
import {
  isOvertaken,
  keepTemplateDraft,
  readTemplateDraft,
  type TemplateDraft,
  typedDraft,
} from '../../forms/template/template-draft.ts';
import { TemplateFields } from '../../forms/template/template-fields.tsx';
import { fieldsOf, fromText, NEW_TEMPLATE, toText } from '../../forms/template/template-text.ts';
import { startOf, type Typed } from '../../forms/template/values.ts';
import { paths } from '../../paths.ts';
import { ActionButton } from '../../ui/action-button.tsx';
import { ErrorState } from '../../ui/error-state.tsx';
import { Link } from '../../ui/link.tsx';
import { notifyDone } from '../../ui/notify.tsx';
import { Panel } from '../../ui/panel.tsx';
import { formatCount } from '../../words/numbers.ts';
import { words } from '../../words/words.ts';
import { useAwayRefusal } from '../jobs/use-job-actions.ts';
import styles from './templates.module.css';

interface TemplateEditorProps {
  /** Null for a new one. */
  template: JobTemplate | null;
  /** The version in the address; null while the newest is shown, whichever that is. */
  pinned?: number | null;
  onSaved: (template: JobTemplate) => void;
}

/** A job template as JSON, and beside it the form that it is. */
export function TemplateEditor({ template, pinned = null, onSaved }: TemplateEditorProps) {
  const text = words.templates.editor;
  const user = useUser();
  const away = useAwayRefusal();
  const draftOf = { userId: user.id, templateId: template?.id ?? null, pinned };
  const start = toText(template ?? NEW_TEMPLATE);
  const latest = template?.latestVersion ?? 0;
  const [draft, setDraft] = useState(() => readTemplateDraft(localStorage, draftOf));
  const [isKept, setIsKept] = useState(true);
  const typed = draft?.text ?? start;
  const overtaken = isOvertaken(draft, latest);
  const [projectId, setProjectId] = useState('');
  const parsed = fromText(typed);
  const problem = 'problem' in parsed ? text.jsonWrong(parsed.problem || text.jsonNoObject) : null;
  const keep = (next: TemplateDraft | null) => {
    setDraft(next);
    setIsKept(keepTemplateDraft(localStorage, draftOf, next));
  };
  const type = (next: string) => keep(typedDraft(draft, next, { shown: start, latest }));

  const save = useMutation({
    mutationFn: (wanted: JobTemplateCreation) =>
      template === null
        ? quarry.jobTemplates.create({ ...wanted, projectId: projectId || wanted.projectId || null })
        : quarry.jobTemplates.update(template.id, { ...wanted, version: draft?.basis ?? latest }),
    onSuccess: (saved) => {
      keep(null);
      queryClient.setQueryData(templateQuery(saved.id).queryKey, saved);
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
    (overtaken ? text.overtakenOff : null) ??
    (template !== null && isNewest && typed === start ? text.unchanged : null);
  return (
    <div className={styles.halves}>
      <div className={styles.half}>
        {!isNewest && <p>{text.isOld(formatCount(template.version), formatCount(template.latestVersion))}</p>}
        {overtaken && draft !== null && template !== null && (
          <div role="status">
            <p>{text.overtaken(formatCount(draft.basis), formatCount(latest))}</p>
            <Link to={paths.templates()} search={{ id: template.id, version: String(latest) }}>
              {text.lookAt(formatCount(latest))}
            </Link>{' '}
            <Button size="compact-sm" onClick={() => keep({ ...draft, basis: latest })}>
              {text.goOn}
            </Button>
          </div>
        )}
        {!isKept && <p role="alert">{text.noRoom}</p>}
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
            <Button variant="subtle" onClick={() => keep(null)}>
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
