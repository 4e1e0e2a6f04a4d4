import { EditorState } from '@codemirror/state';
import { EditorView } from '@codemirror/view';
import { type RefObject, useEffect, useLayoutEffect, useRef } from 'react';
import { apiSchemas } from '../../api/queries.ts';
import { editorExtensions, fromOutside, problemsChanged } from './extensions.ts';
import type { JsonEditorProps, TypedAt } from './props.ts';

const NO_PROBLEMS: NonNullable<JsonEditorProps['problems']> = [];

/** The editor itself, which is loaded when it is wanted. */
export function CodeMirror({
  label,
  value,
  problems = NO_PROBLEMS,
  schema = null,
  onChange,
  typedAt,
}: JsonEditorProps & { typedAt: RefObject<TypedAt | null> }) {
  const place = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | null>(null);
  const latest = useRef({ value, problems, onChange });
  latest.current = { value, problems, onChange };
  const isReadOnly = onChange === undefined;

  // Before the next key is pressed, which would go nowhere.
  useLayoutEffect(() => {
    const made = new EditorView({
      parent: place.current!,
      state: EditorState.create({
        doc: latest.current.value,
        extensions: editorExtensions({
          label,
          isReadOnly,
          problems: () => latest.current.problems,
          schema: schema === null ? null : { root: schema, read: apiSchemas },
          onChange: (text) => latest.current.onChange?.(text),
        }),
      }),
    });
    view.current = made;
    if (typedAt.current !== null) {
      const { length } = made.state.doc;
      const { anchor, head } = typedAt.current;
      made.dispatch({ selection: { anchor: Math.min(anchor, length), head: Math.min(head, length) } });
      made.focus();
      typedAt.current = null;
    }
    return () => {
      view.current = null;
      made.destroy();
    };
  }, [label, isReadOnly, schema, typedAt]);

  useEffect(() => {
    const there = view.current;
    if (there && there.state.doc.toString() !== value) {
      there.dispatch({
        changes: smallestChange(there.state.doc.toString(), value),
        annotations: fromOutside.of(true),
      });
    }
  }, [value]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: they are read from `latest`
  useEffect(() => view.current?.dispatch({ effects: problemsChanged.of(null) }), [problems]);

  return <div ref={place} />;
}

/** What differs between two texts, so that the cursor stays where it is in the rest. */
function smallestChange(before: string, after: string): { from: number; to: number; insert: string } {
  let from = 0;
  const most = Math.min(before.length, after.length);
  while (from < most && before[from] === after[from]) {
    from++;
  }
  let end = 0;
  while (end < most - from && before[before.length - 1 - end] === after[after.length - 1 - end]) {
    end++;
  }
  return { from, to: before.length - end, insert: after.slice(from, after.length - end) };
}
