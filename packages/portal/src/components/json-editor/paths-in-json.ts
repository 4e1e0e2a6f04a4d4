/** Where in a JSON text something lies, by the tree that the editor has of it. */
import { ensureSyntaxTree, type syntaxTree } from '@codemirror/language';
import type { EditorState } from '@codemirror/state';

export type Step = string | number;
type SyntaxNode = ReturnType<typeof syntaxTree>['topNode'];

/** How long the tree of a large text may take. */
const PARSE_MS = 200;
const VALUES: ReadonlySet<string> = new Set(['Object', 'Array', 'String', 'Number', 'True', 'False', 'Null']);

/** The steps of a path as refusals write it, such as `jobanalyses[0].command`. */
export function stepsOf(path: string): Step[] {
  return path
    .split(/[.[\]]+/)
    .filter((step) => step !== '')
    .map((step) => (/^\d+$/.test(step) ? Number(step) : step));
}

function treeOf(state: EditorState): SyntaxNode | null {
  return ensureSyntaxTree(state, state.doc.length, PARSE_MS)?.topNode.firstChild ?? null;
}

function nameOf(state: EditorState, property: SyntaxNode): string | null {
  const name = property.getChild('PropertyName');
  if (name === null) {
    return null;
  }
  try {
    return String(JSON.parse(state.sliceDoc(name.from, name.to)));
  } catch {
    return null;
  }
}

function childrenOf(node: SyntaxNode, wanted: (child: SyntaxNode) => boolean): SyntaxNode[] {
  const found: SyntaxNode[] = [];
  for (let child = node.firstChild; child !== null; child = child.nextSibling) {
    if (wanted(child)) {
      found.push(child);
    }
  }
  return found;
}

const isValue = ({ name }: SyntaxNode) => VALUES.has(name);

/** What a path names in the text, or the closest around it that is there. */
export function rangeOf(state: EditorState, path: readonly Step[]): { from: number; to: number } {
  let value = treeOf(state);
  let range = { from: 0, to: Math.min(1, state.doc.length) };
  for (const step of path) {
    if (value === null) {
      break;
    }
    if (typeof step === 'number' && value.name === 'Array') {
      value = childrenOf(value, isValue)[step] ?? null;
      range = value === null ? range : { from: value.from, to: value.to };
    } else {
      const property: SyntaxNode | undefined = childrenOf(value, ({ name }) => name === 'Property').find(
        (each) => nameOf(state, each) === String(step),
      );
      const name = property?.getChild('PropertyName');
      range = name ? { from: name.from, to: name.to } : range;
      value = property === undefined ? null : (childrenOf(property, isValue)[0] ?? null);
    }
  }
  return range;
}

export interface Spot {
  /** The object or value in which the cursor is. */
  path: Step[];
  /** Whether a name is to be written there, or a value. */
  kind: 'name' | 'value';
  /** From where on the text is what is being written. */
  from: number;
  /** Names that the object has already. */
  taken: string[];
}

/** What is to be written at a position. */
export function spotAt(state: EditorState, at: number): Spot | null {
  let node: SyntaxNode | null = treeOf(state)?.resolveInner(at, -1) ?? null;
  const isName = node?.name === 'PropertyName';
  const written = node !== null && (isName || node.name === 'String') && node.from < at ? node.from : at;
  let kind: Spot['kind'] = isName ? 'name' : 'value';
  const path: Step[] = [];
  let taken: string[] = [];
  let isInnermost = true;
  for (; node !== null; node = node.parent) {
    if (node.name === 'Object' && isInnermost) {
      // Between the properties of an object there is nothing but another one.
      if (path.length === 0 && !isName) {
        kind = isBehindColon(state, written) ? 'value' : 'name';
      }
      taken = childrenOf(node, ({ name }) => name === 'Property').flatMap((each) => {
        const name = each.from <= at && at <= each.to && isName ? null : nameOf(state, each);
        return name === null ? [] : [name];
      });
      isInnermost = false;
    } else if (node.name === 'Property' && !(isInnermost && isName)) {
      const name = nameOf(state, node);
      if (name !== null) {
        path.unshift(name);
      }
    } else if (node.name === 'Array') {
      const before = childrenOf(node, isValue).filter(({ to }) => to <= at && to < written + 1);
      path.unshift(node.firstChild === null ? 0 : Math.max(0, before.length));
    }
  }
  return { path, kind, from: written, taken };
}

function isBehindColon(state: EditorState, at: number): boolean {
  return /:\s*$/.test(state.sliceDoc(Math.max(0, at - 80), at));
}
