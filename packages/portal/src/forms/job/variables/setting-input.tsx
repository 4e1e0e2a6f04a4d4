import { Checkbox, NativeSelect, Textarea, TextInput } from '@mantine/core';
import { useState } from 'react';
import { words } from '../../../words/words.ts';
import type { Json } from '../document.ts';
import type { SettingField } from './generators.ts';
import { fromList, fromSetting, toList, toSetting } from './typed-values.ts';
import styles from './variables.module.css';

interface SettingInputProps {
  field: SettingField;
  value: Json | undefined;
  error: string | null;
  onChange: (value: Json | undefined) => void;
}

/** What is said of a field stands below it, so that fields of a row stand in one line. */
export const FIELD_ORDER: ('label' | 'input' | 'description' | 'error')[] = [
  'label',
  'input',
  'description',
  'error',
];

/** A named setting of a generator; what is typed stays as it is until the field is left. */
export function SettingInput({ field, value, error, onChange }: SettingInputProps) {
  const { key, kind, isOptional } = field;
  const { settings, settingHelp, byItself } = words.variables;
  const [typed, setTyped] = useState<string | null>(null);
  const label = settings[key] ?? key;
  const help = settingHelp[key];
  if (kind === 'switch') {
    return (
      <Checkbox
        label={label}
        description={help}
        className={styles.switch}
        checked={key === 'scramble' ? value !== false : value === true}
        onChange={(event) => onChange(event.currentTarget.checked)}
        error={error}
      />
    );
  }
  if (kind === 'choice') {
    return (
      <NativeSelect
        label={label}
        description={help}
        inputWrapperOrder={FIELD_ORDER}
        value={fromSetting(value)}
        onChange={(event) => onChange(event.currentTarget.value || undefined)}
        data={[{ value: '', label: byItself }, ...(field.choices ?? [])]}
        error={error}
      />
    );
  }
  const isList = kind === 'list';
  const shared = {
    label,
    description: help,
    inputWrapperOrder: FIELD_ORDER,
    placeholder: isOptional ? byItself : undefined,
    value: typed ?? (isList ? fromList(value) : fromSetting(value)),
    onChange: (event: { currentTarget: { value: string } }) => {
      const text = event.currentTarget.value;
      setTyped(text);
      onChange(isList ? toList(text) : kind === 'text' ? text.trim() || undefined : toSetting(text));
    },
    onBlur: () => setTyped(null),
    error,
  };
  return isList ? (
    <Textarea {...shared} autosize minRows={1} maxRows={8} spellCheck={false} />
  ) : (
    <TextInput {...shared} inputMode={kind === 'number' ? 'decimal' : 'text'} />
  );
}
