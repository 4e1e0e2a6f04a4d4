import type { z } from 'zod';

/** Machine-readable companions of a refusal; clients of the original platform ignore them. */
export interface ErrorExtras {
  /** Stable name of the reason, such as `core_type_unknown`. */
  code?: string;
  /** What to do about it. */
  hint?: string;
  /** Address of the page that explains it. */
  docs?: string;
}

/** `{"detail": …}`: the request as a whole was refused. */
export interface DetailErrorBody extends ErrorExtras {
  detail: string;
}

/** One level of field errors: messages, an object of fields, or one entry per list item (`{}` when valid). */
export type FieldErrors = { [field: string]: FieldErrorValue };
export type FieldErrorValue = string[] | FieldErrors | FieldErrorValue[];

/** The body of every 4xx and 5xx: `detail`, or errors by field, or both, and our extras. */
export type ErrorBody = ErrorExtras & { detail?: string; non_field_errors?: string[] } & {
  [field: string]: unknown;
};

/** The part of a Zod issue that this room reads. */
export interface IssueLike {
  readonly path: readonly PropertyKey[];
  readonly message: string;
  /** The type that was wanted, where that is what is wrong. */
  readonly expected?: string;
}

export const NON_FIELD_ERRORS = 'non_field_errors';

/** Lists of errors longer than this are told by position as an object, not padded with `{}`. */
const MAX_POSITIONAL_ERRORS = 10_000;

interface Node {
  messages: string[];
  children: Map<string | number, Node>;
  /** An object should have been here, so its messages stand where its fields would. */
  isObject: boolean;
}

const emptyNode = (): Node => ({ messages: [], children: new Map(), isObject: false });

/**
 * Zod issues as a DRF body: nested by field, leaves are lists of strings, lists positional with `{}` for
 * valid items. An issue about an object that also has issues inside stands under its `non_field_errors`.
 */
export function toFieldErrors(issues: readonly IssueLike[]): Record<string, unknown> {
  const root = emptyNode();
  for (const issue of issues) {
    let node = root;
    for (const key of issue.path) {
      const step = typeof key === 'symbol' ? String(key) : key;
      let child = node.children.get(step);
      if (child === undefined) {
        child = emptyNode();
        node.children.set(step, child);
      }
      node = child;
    }
    if (issue.expected === 'object' && typeof issue.path.at(-1) === 'number') {
      node.isObject = true;
    }
    if (!node.messages.includes(issue.message)) {
      node.messages.push(issue.message);
    }
  }
  if (root.children.size === 0) {
    return { [NON_FIELD_ERRORS]: root.messages };
  }
  return objectBody(root);
}

function body(node: Node): FieldErrorValue {
  if (node.children.size === 0 && !node.isObject) {
    return node.messages;
  }
  const positions = [...node.children.keys()];
  const isList = positions.every((key) => typeof key === 'number');
  if (!isList || positions.length === 0 || node.messages.length > 0) {
    return objectBody(node);
  }
  const length = (positions as number[]).reduce((most, position) => Math.max(most, position), 0) + 1;
  if (length > MAX_POSITIONAL_ERRORS) {
    return objectBody(node);
  }
  return Array.from({ length }, (_, index) => {
    const child = node.children.get(index);
    return child === undefined ? {} : body(child);
  });
}

function objectBody(node: Node): FieldErrors {
  const entries: [string, FieldErrorValue][] = [];
  if (node.messages.length > 0) {
    entries.push([NON_FIELD_ERRORS, node.messages]);
  }
  for (const [key, child] of node.children) {
    entries.push([String(key), body(child)]);
  }
  return Object.fromEntries(entries);
}

/** DRF's words for what Zod found; given to every request schema so that they hold wherever it is parsed. */
export function wireWords(issue: z.core.$ZodRawIssue): string {
  if (issue.input === undefined) {
    return 'This field is required.';
  }
  if (issue.input === null) {
    return 'This field may not be null.';
  }
  switch (issue.code) {
    case 'invalid_type':
      return typeWords(String(issue.expected), issue.input);
    case 'too_big':
      return `Ensure this value is less than or equal to ${issue.maximum}.`;
    case 'too_small':
      return `Ensure this value is greater than or equal to ${issue.minimum}.`;
    default:
      return issue.message ?? 'Invalid value.';
  }
}

function typeWords(expected: string, input: unknown): string {
  switch (expected) {
    case 'string':
      return 'Not a valid string.';
    case 'number':
    case 'int':
      return 'A valid integer is required.';
    case 'boolean':
      return 'Must be a valid boolean.';
    case 'array':
      return `Expected a list of items but got type "${jsonType(input)}".`;
    case 'object':
    case 'record':
      return `Invalid data. Expected an object, but got ${jsonType(input)}.`;
    default:
      return `Expected ${expected}, but got ${jsonType(input)}.`;
  }
}

function jsonType(input: unknown): string {
  if (input === null) {
    return 'null';
  }
  return Array.isArray(input) ? 'array' : typeof input;
}
