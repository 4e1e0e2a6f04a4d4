/** What the editor of JSON is made of. */
import {
  autocompletion,
  type CompletionContext,
  type CompletionResult,
  closeBrackets,
  closeBracketsKeymap,
  completionKeymap,
} from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { json, jsonParseLinter } from '@codemirror/lang-json';
import { bracketMatching, HighlightStyle, indentOnInput, syntaxHighlighting } from '@codemirror/language';
import { type Diagnostic, linter } from '@codemirror/lint';
import { search, searchKeymap } from '@codemirror/search';
import { Annotation, EditorState, type Extension, StateEffect } from '@codemirror/state';
import { EditorView, highlightActiveLine, keymap, lineNumbers } from '@codemirror/view';
import { tags } from '@lezer/highlight';
import { getNonce } from 'get-nonce';
import { rangeOf, spotAt, stepsOf } from './paths-in-json.ts';
import type { Problem } from './props.ts';
import { namesAt, type Schemas, valuesAt } from './schema.ts';

/** Of changes that nobody has typed there. */
export const fromOutside = Annotation.define<boolean>();

const theme = EditorView.theme({
  '&': {
    border: '1px solid var(--edge)',
    borderRadius: '4px',
    background: 'var(--page)',
    color: 'var(--text)',
    fontSize: '13px',
  },
  '&.cm-focused': { outline: '2px solid var(--accent)', outlineOffset: '2px' },
  '.cm-scroller': { fontFamily: 'var(--mono)', lineHeight: '20px', maxHeight: '60vh', minHeight: '240px' },
  '.cm-content': { caretColor: 'var(--text)' },
  '.cm-gutters': {
    background: 'var(--raised)',
    color: 'var(--muted)',
    borderRight: '1px solid var(--divider)',
  },
  '.cm-activeLine': { background: 'transparent' },
  '&.cm-focused .cm-activeLine': { background: 'var(--raised)' },
  '.cm-matchingBracket, &.cm-focused .cm-matchingBracket': { background: 'var(--ground-accent)' },
  '.cm-tooltip, .cm-panels': {
    background: 'var(--raised)',
    color: 'var(--text)',
    border: '1px solid var(--edge)',
  },
  '.cm-tooltip.cm-tooltip-autocomplete > ul > li[aria-selected]': {
    background: 'var(--accent)',
    color: 'var(--on-accent)',
  },
  '.cm-completionInfo': { maxWidth: '320px', fontFamily: 'system-ui, sans-serif' },
  '.cm-diagnostic-error': { borderLeftColor: 'var(--failure)' },
  '.cm-searchMatch': { background: 'var(--ground-warning)', color: 'var(--warning)' },
});

const colours = HighlightStyle.define([
  { tag: tags.propertyName, color: 'var(--accent)' },
  { tag: tags.string, color: 'var(--success)' },
  { tag: [tags.number, tags.bool, tags.null], color: 'var(--warning)' },
]);

/** Completion by the schema of what is edited, which is there when it is first asked for. */
function completeBy(root: string, readSchemas: () => Promise<Schemas>) {
  return async ({ state, pos, explicit }: CompletionContext): Promise<CompletionResult | null> => {
    const spot = spotAt(state, pos);
    if (spot === null || (!explicit && spot.from === pos)) {
      return null;
    }
    const schemas = await readSchemas();
    const isClosed = state.sliceDoc(pos, pos + 1) === '"';
    const to = pos + (isClosed && spot.from < pos ? 1 : 0);
    if (spot.kind === 'value') {
      const options = valuesAt(schemas, root, spot.path).map((label) => ({ label, type: 'constant' }));
      return { from: spot.from, to, options, filter: true };
    }
    const hasValue = /^\s*:/.test(state.sliceDoc(to, to + 20));
    return {
      from: spot.from,
      to,
      options: namesAt(schemas, root, spot.path, spot.taken).map(({ name, description, start }) => ({
        label: JSON.stringify(name),
        info: description,
        apply: JSON.stringify(name) + (hasValue ? '' : `: ${start}`),
        type: 'property',
      })),
    };
  };
}

/** Says that there are other problems. */
export const problemsChanged = StateEffect.define<null>();

const LINT_MS = 300;
const findBroken = jsonParseLinter();

/** Marks what cannot be read, and else what the server has said of the text. */
function marks(problems: () => readonly Problem[]): Extension {
  const find = (view: EditorView): readonly Diagnostic[] => {
    const broken = findBroken(view);
    return broken.length > 0
      ? broken
      : problems().map(({ path, message }) => ({
          ...rangeOf(view.state, stepsOf(path)),
          severity: 'error',
          message,
        }));
  };
  return linter(find, {
    delay: LINT_MS,
    needsRefresh: ({ transactions }) =>
      transactions.some(({ effects }) => effects.some((effect) => effect.is(problemsChanged))),
  });
}

export interface EditorSettings {
  label: string;
  isReadOnly: boolean;
  problems: () => readonly Problem[];
  /** The schema that it is completed by: its name, and how all of them are read. */
  schema: { root: string; read: () => Promise<Schemas> } | null;
  onChange: (text: string) => void;
}

/** Tab leaves the editor, as it leaves every field. */
export function editorExtensions({
  label,
  isReadOnly,
  problems,
  schema,
  onChange,
}: EditorSettings): Extension[] {
  return [
    // The policy of the page allows no other styles.
    EditorView.cspNonce.of(getNonce() ?? ''),
    theme,
    syntaxHighlighting(colours),
    lineNumbers(),
    json(),
    bracketMatching(),
    EditorView.lineWrapping,
    // What scrolls must be reached by keyboard, and be seen to be.
    EditorView.contentAttributes.of({ 'aria-label': label, spellcheck: 'false', tabindex: '0' }),
    search({ top: true }),
    isReadOnly
      ? [
          EditorState.readOnly.of(true),
          keymap.of(searchKeymap),
          EditorView.contentAttributes.of({ 'aria-readonly': 'true' }),
        ]
      : [
          history(),
          indentOnInput(),
          closeBrackets(),
          highlightActiveLine(),
          marks(problems),
          keymap.of([
            ...closeBracketsKeymap,
            ...completionKeymap,
            ...searchKeymap,
            ...historyKeymap,
            ...defaultKeymap,
          ]),
          EditorView.updateListener.of(({ docChanged, state, transactions }) => {
            if (docChanged && !transactions.some((each) => each.annotation(fromOutside))) {
              onChange(state.doc.toString());
            }
          }),
        ],
    schema === null ? [] : autocompletion({ override: [completeBy(schema.root, schema.read)] }),
  ];
}
