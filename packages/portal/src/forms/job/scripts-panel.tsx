import { CloseButton, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { fileQuery } from '../../api/queries.ts';
import { DropZone } from '../../components/files/drop-zone.tsx';
import { Name } from '../../ui/name.tsx';
import { Panel } from '../../ui/panel.tsx';
import { words } from '../../words/words.ts';
import { SCRIPT_FIELDS, type ScriptField } from './drafts.ts';
import { type FieldsProps, textAt } from './fields.ts';
import { PendingInput } from './input-fields.tsx';
import styles from './job-form.module.css';
import type { JobUploads } from './use-job-uploads.ts';

interface ScriptsPanelProps extends FieldsProps {
  uploads: JobUploads;
}

/** What is executed around the command of a tile; the one after it prints the outputs of the run. */
export function ScriptsPanel(props: ScriptsPanelProps) {
  const text = words.newJob.scripts;
  return (
    <Panel title={text.title}>
      <div className={styles.fields}>
        <p className="muted">{text.lead}</p>
        {SCRIPT_FIELDS.map((field) => (
          <ScriptFields key={field} field={field} {...props} />
        ))}
      </div>
    </Panel>
  );
}

function ScriptFields({ field, job, tile, errorOf, uploads }: ScriptsPanelProps & { field: ScriptField }) {
  const text = words.newJob.scripts;
  const at = ['jobanalyses', tile, field] as const;
  const commandAt = ['jobanalyses', tile, `${field}Command`] as const;
  const id = textAt(job.document, [...at, 'id']);
  const file = useQuery({ ...fileQuery(id), enabled: id !== '' });
  const name = file.data?.name ?? id;
  const error = errorOf(at) ?? errorOf([...at, 'id']);
  return (
    <fieldset className={styles.script}>
      <legend>{text.fields[field].file}</legend>
      <DropZone label={text.drop} onFiles={(files) => uploads.begin({ tile, use: field }, files)} />
      {uploads.under
        .filter((upload) => upload.use === field && upload.tile === tile)
        .map((upload) => (
          <PendingInput
            key={`${upload.pageId} ${upload.key}`}
            upload={upload}
            onRemove={() => uploads.giveUp(upload)}
          />
        ))}
      {id !== '' && (
        <div className={styles.input}>
          <Name className={styles.inputName}>{name}</Name>
          <CloseButton aria-label={text.remove(name)} onClick={() => job.set(at, undefined)} />
        </div>
      )}
      {error !== null && <p className={styles.error}>{error}</p>}
      <TextInput
        label={text.fields[field].command}
        description={text.commandHint}
        value={textAt(job.document, commandAt)}
        onChange={(event) => job.set(commandAt, event.currentTarget.value || undefined)}
        error={errorOf(commandAt)}
        spellCheck={false}
        styles={{ input: { fontFamily: 'var(--mono)' } }}
      />
    </fieldset>
  );
}
