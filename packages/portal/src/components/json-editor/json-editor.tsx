import { Button, Textarea } from '@mantine/core';
import { useLocalStorage } from '@mantine/hooks';
import { Suspense, useRef } from 'react';
import { lazyPart } from '../../api/lazy-part.ts';
import { words } from '../../words/words.ts';
import styles from './json-editor.module.css';
import type { JsonEditorProps, TypedAt } from './props.ts';

const CodeMirror = lazyPart(() => import('./code-mirror.tsx'), 'CodeMirror');

/** JSON to be typed or read, with completion and marks; or as a plain text, for whoever likes that better. */
export function JsonEditor(props: JsonEditorProps) {
  const { label, value, onChange, error = null } = props;
  const text = words.frame.jsonEditor;
  const [isPlain, setIsPlain] = useLocalStorage({
    key: 'quarry.plain-json',
    defaultValue: false,
    getInitialValueInEffect: false,
  });
  // Somebody may have begun to type before the editor is there, and goes on in it.
  const typedAt = useRef<TypedAt | null>(null);
  const plain = (
    <Textarea
      aria-label={label}
      autosize
      minRows={16}
      maxRows={32}
      spellCheck={false}
      readOnly={onChange === undefined}
      styles={{ input: { fontFamily: 'var(--mono)', fontSize: 13 } }}
      value={value}
      onChange={(event) => onChange?.(event.currentTarget.value)}
      onSelect={({ currentTarget: { selectionStart, selectionEnd } }) => {
        typedAt.current = { anchor: selectionStart, head: selectionEnd };
      }}
      onFocus={({ currentTarget: { selectionStart, selectionEnd } }) => {
        typedAt.current = { anchor: selectionStart, head: selectionEnd };
      }}
      // Its end takes the focus from it, too.
      onBlur={() =>
        setTimeout(() => {
          typedAt.current = null;
        })
      }
    />
  );
  return (
    <div className={styles.editor}>
      <div className={styles.head}>
        <span>{label}</span>
        <Button size="compact-sm" onClick={() => setIsPlain(!isPlain)}>
          {isPlain ? text.withEditor : text.asText}
        </Button>
      </div>
      {isPlain ? (
        plain
      ) : (
        <Suspense fallback={plain}>
          <CodeMirror {...props} typedAt={typedAt} />
        </Suspense>
      )}
      {error !== null && (
        <p className={styles.error} role="alert">
          {error}
        </p>
      )}
    </div>
  );
}
