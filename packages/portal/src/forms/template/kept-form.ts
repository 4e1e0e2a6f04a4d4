/** What somebody has begun to fill in, as this browser keeps it until a job is made of it: whether its page is in sight or not. */
import type { TemplateField } from '@quarry/sdk';

/** A file that is on its way to a field. */
export interface AwaitedFile {
  /** The page that has begun it; uploads end with theirs. */
  pageId: string;
  /** Of the upload in its page. */
  key: number;
  name: string;
  field: string;
}

/** What there is of a form beside its fields. */
export interface Beside {
  jobName: string;
  awaited: readonly AwaitedFile[];
}

type KeyedTexts = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;

/** The fields of a form stand under its key, the rest beside it. */
const besideOf = (key: string) => `${key}.beside`;

export function keptFields(texts: KeyedTexts, key: string): string | null {
  return texts.getItem(key);
}

export function keepFields(texts: KeyedTexts, key: string, kept: string | null): void {
  keep(texts, key, kept);
}

export function keptBeside(texts: KeyedTexts, key: string): Beside {
  const { jobName, awaited } = parsed(texts.getItem(besideOf(key)));
  return {
    jobName: typeof jobName === 'string' ? jobName : '',
    awaited: Array.isArray(awaited) ? awaited.filter(isAwaited) : [],
  };
}

export function keepBeside(texts: KeyedTexts, key: string, beside: Beside): void {
  const isNothing = beside.jobName === '' && beside.awaited.length === 0;
  keep(texts, besideOf(key), isNothing ? null : JSON.stringify(beside));
}

export function forgetForm(texts: KeyedTexts, key: string): void {
  texts.removeItem(key);
  texts.removeItem(besideOf(key));
}

/** Puts a file that has arrived into its field, of a form that is not in sight; false where nobody waits for it any more. */
export function putArrival(
  texts: KeyedTexts,
  key: string,
  field: Pick<TemplateField, 'name' | 'type' | 'default'>,
  { pageId, key: upload, fileId }: Pick<AwaitedFile, 'pageId' | 'key'> & { fileId: string },
): boolean {
  const beside = keptBeside(texts, key);
  const rest = beside.awaited.filter((each) => each.pageId !== pageId || each.key !== upload);
  if (rest.length === beside.awaited.length) {
    return false;
  }
  const values = parsed(texts.getItem(key));
  const before = Object.hasOwn(values, field.name) ? values[field.name] : field.default;
  const ids = [before].flat().filter((id) => typeof id === 'string');
  const next = new Map(Object.entries(values)).set(field.name, withFile(field.type, ids, fileId));
  keep(texts, key, JSON.stringify(Object.fromEntries(next)));
  keepBeside(texts, key, { ...beside, awaited: rest });
  return true;
}

/** The files of a field once another one has arrived. */
export function withFile(
  type: TemplateField['type'],
  ids: readonly string[],
  fileId: string,
): readonly string[] {
  return type === 'file' ? [fileId] : [...ids.filter((id) => id !== fileId), fileId];
}

function keep(texts: KeyedTexts, key: string, text: string | null): void {
  try {
    if (text === null) {
      texts.removeItem(key);
    } else {
      texts.setItem(key, text);
    }
  } catch {
    texts.removeItem(key);
  }
}

function parsed(text: string | null): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text ?? 'null');
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function isAwaited(value: unknown): value is AwaitedFile {
  const { pageId, key, name, field } = (value ?? {}) as Record<string, unknown>;
  return [pageId, name, field].every((each) => typeof each === 'string') && typeof key === 'number';
}
