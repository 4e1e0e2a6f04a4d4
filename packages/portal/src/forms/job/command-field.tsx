import { Button, Textarea } from '@mantine/core';
import { type ReactNode, type SyntheticEvent, useRef, useState } from 'react';
import { flushSync } from 'react-dom';
import { words } from '../../words/words.ts';
import { completed, namesToComplete } from './environment.ts';
import styles from './job-form.module.css';

interface CommandFieldProps {
  value: string;
  onChange: (command: string) => void;
  error: ReactNode;
  /** What the environment of the command has. */
  names: readonly string[];
}

/** A command, with the variables that it may name offered below it while one is begun; Tab leads to them. */
export function CommandField({ value, onChange, error, names }: CommandFieldProps) {
  const text = words.newJob;
  const field = useRef<HTMLTextAreaElement>(null);
  const [cursor, setCursor] = useState<number | null>(null);
  const offered = cursor === null ? [] : namesToComplete(value, cursor, names);
  const look = ({ currentTarget }: SyntheticEvent<HTMLTextAreaElement>) =>
    setCursor(currentTarget.selectionEnd);
  const choose = (name: string) => {
    const next = completed(value, cursor!, name);
    flushSync(() => {
      onChange(next.text);
      setCursor(next.cursor);
    });
    field.current?.focus();
    field.current?.setSelectionRange(next.cursor, next.cursor);
  };
  return (
    <div>
      <Textarea
        ref={field}
        label={text.command}
        description={text.commandHint}
        autosize
        minRows={4}
        maxRows={16}
        spellCheck={false}
        styles={{ input: { fontFamily: 'var(--mono)' } }}
        value={value}
        onChange={(event) => {
          onChange(event.currentTarget.value);
          look(event);
        }}
        onSelect={look}
        error={error}
      />
      {offered.length > 0 && (
        <fieldset className={styles.offered}>
          <legend className="visually-hidden">{text.environment}</legend>
          {offered.map((name) => (
            <Button key={name} size="compact-xs" variant="light" onClick={() => choose(name)}>
              {name}
            </Button>
          ))}
        </fieldset>
      )}
    </div>
  );
}
