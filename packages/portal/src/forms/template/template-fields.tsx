import { Checkbox, CloseButton, NativeSelect, Textarea, TextInput } from '@mantine/core';
import type { TemplateField } from '@quarry/sdk';
import { useQuery } from '@tanstack/react-query';
import { fileQuery } from '../../api/queries.ts';
import { DropZone } from '../../components/files/drop-zone.tsx';
import { Name } from '../../ui/name.tsx';
import { formatNumber } from '../../words/numbers.ts';
import { words } from '../../words/words.ts';
import styles from './template-fields.module.css';
import type { UploadOfField } from './use-template-form.ts';
import type { Typed } from './values.ts';

interface TemplateFieldsProps {
  fields: readonly TemplateField[];
  typed: Typed;
  errorOf: (name: string) => string | null;
  onChange: (name: string, value: Typed[string]) => void;
  /** Files that somebody has chosen for a field are sent; absent where the form is only looked at. */
  files?: {
    under: readonly UploadOfField[];
    take: (field: TemplateField, files: Iterable<File>) => void;
    giveUp: (upload: UploadOfField) => void;
  };
}

/** The fields of a job template, as whoever fills them in sees them. */
export function TemplateFields({ fields, typed, errorOf, onChange, files }: TemplateFieldsProps) {
  return (
    <div className={styles.fields}>
      {fields.map((field) => (
        <Field
          key={field.name}
          field={field}
          value={typed[field.name]}
          error={errorOf(field.name)}
          onChange={(value) => onChange(field.name, value)}
          under={files?.under.filter((upload) => upload.field === field.name) ?? []}
          onFiles={(chosen) => files?.take(field, chosen)}
          onGiveUp={(upload) => files?.giveUp(upload)}
        />
      ))}
    </div>
  );
}

interface FieldProps {
  field: TemplateField;
  value: Typed[string] | undefined;
  error: string | null;
  onChange: (value: Typed[string]) => void;
  under: readonly UploadOfField[];
  onFiles: (files: Iterable<File>) => void;
  onGiveUp: (upload: UploadOfField) => void;
}

const LONG_TEXT = 200;

function Field({ field, value, error, onChange, under, onFiles, onGiveUp }: FieldProps) {
  const text = words.templates.form;
  const { type, label, required, options } = field;
  const common = { label: <Name>{label}</Name>, description: aboutOf(field), error };
  if (type === 'boolean') {
    return (
      <Checkbox
        {...common}
        checked={value === true}
        onChange={(event) => onChange(event.currentTarget.checked)}
      />
    );
  }
  if (type === 'file' || type === 'files') {
    const ids = Array.isArray(value) ? (value as readonly string[]) : [];
    return (
      <fieldset className={styles.files}>
        <legend>
          <Name>{label}</Name>
          {!required && <span className="muted"> ({text.optional})</span>}
        </legend>
        {field.help !== '' && <p className="muted">{field.help}</p>}
        <DropZone label={text.drop(label)} onFiles={onFiles} />
        {(ids.length > 0 || under.length > 0) && (
          <ul className={styles.list}>
            {ids.map((id) => (
              <Chosen key={id} id={id} onRemove={() => onChange(ids.filter((each) => each !== id))} />
            ))}
            {under.map((upload) => (
              <li key={`${upload.pageId} ${upload.key}`} className={styles.chosen}>
                <Name>{upload.name}</Name>
                <span className={upload.state === 'sending' ? 'muted' : styles.error}>
                  {words.newJob.uploadStates[upload.state]}
                </span>
                {upload.state !== 'sending' && (
                  <CloseButton aria-label={text.remove(upload.name)} onClick={() => onGiveUp(upload)} />
                )}
              </li>
            ))}
          </ul>
        )}
        {error !== null && (
          <p className={styles.error} role="alert">
            {error}
          </p>
        )}
      </fieldset>
    );
  }
  const shown = typeof value === 'string' ? value : '';
  const change = (event: { currentTarget: { value: string } }) => onChange(event.currentTarget.value);
  if (type === 'choice') {
    return (
      <NativeSelect
        {...common}
        value={shown}
        onChange={change}
        data={[
          ...(shown === '' || !required ? [{ value: '', label: text.choose }] : []),
          ...options.map((option) => ({ value: option.value, label: option.label })),
        ]}
      />
    );
  }
  if (type === 'text') {
    const isLong = (field.max ?? LONG_TEXT) > LONG_TEXT;
    return isLong ? (
      <Textarea {...common} autosize minRows={2} maxRows={12} value={shown} onChange={change} />
    ) : (
      <TextInput {...common} value={shown} onChange={change} />
    );
  }
  return (
    <TextInput
      {...common}
      inputMode={type === 'integer' ? 'numeric' : 'decimal'}
      value={shown}
      onChange={change}
      rightSection={field.unit === null ? undefined : <span className={styles.unit}>{field.unit}</span>}
      rightSectionWidth={field.unit === null ? undefined : `${Math.min(field.unit.length, 16) + 2}ch`}
    />
  );
}

function Chosen({ id, onRemove }: { id: string; onRemove: () => void }) {
  const file = useQuery(fileQuery(id));
  const name = file.data?.name ?? id;
  return (
    <li className={styles.chosen}>
      <Name>{name}</Name>
      <CloseButton aria-label={words.templates.form.remove(name)} onClick={onRemove} />
    </li>
  );
}

/** Help, and what a number may be. */
function aboutOf({ help, type, min, max, unit, required }: TemplateField): string | undefined {
  const text = words.templates.form;
  const isNumber = type === 'integer' || type === 'number';
  const range = isNumber
    ? [
        ...(min === null ? [] : [text.from(formatNumber(min))]),
        ...(max === null ? [] : [text.to(formatNumber(max))]),
      ].join(' ')
    : '';
  const bounds = range !== '' && unit !== null ? `${range} ${unit}` : range;
  const parts = [help, bounds, ...(required || type === 'boolean' ? [] : [text.optional])];
  return parts.filter((part) => part !== '').join(' · ') || undefined;
}
