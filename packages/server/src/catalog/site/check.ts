import { z } from 'zod';
import type { CatalogProblem } from '../catalog-error.ts';
import { didYouMean } from './did-you-mean.ts';
import { type FieldPath, fieldName, type LocatedDocument, lineOf, valueAt } from './located.ts';
import { type SiteFile, siteFile } from './schema.ts';

/** Fields that people coming from the wire's words would write. */
const foreignWords: Readonly<Record<string, string>> = {
  versions: 'version',
  analyses: 'analysis',
  versionCode: 'code',
  memory: 'memoryMbPerCore',
  storage: 'storageGbPerCore',
  categories: 'categoryCodes',
  value: 'amount',
};

export interface CheckedFile {
  readonly file: string;
  readonly document: LocatedDocument;
  /** Null where the file has mistakes. */
  readonly tables: SiteFile | null;
  readonly problems: readonly CatalogProblem[];
}

/** Holds one document to the schema: every mistake with its line, its field and what is allowed there. */
export function checkFile(file: string, document: LocatedDocument): CheckedFile {
  const parsed = siteFile.safeParse(document.value);
  const problems = parsed.success
    ? []
    : parsed.error.issues.flatMap((issue) => explain(file, document, issue));
  return { file, document, tables: parsed.success ? parsed.data : null, problems };
}

function explain(file: string, document: LocatedDocument, issue: z.core.$ZodIssue): CatalogProblem[] {
  const path = issue.path as FieldPath;
  const problem = (at: FieldPath, message: string): CatalogProblem => ({
    file,
    line: lineOf(document, at),
    field: fieldName(at),
    message,
  });
  if (issue.code === 'unrecognized_keys') {
    const allowed = fieldsAt(path);
    return issue.keys.map((key) => problem([...path, key], unknownField(key, allowed)));
  }
  if (issue.code === 'invalid_key') {
    return issue.issues.map((inner) => problem(path, inner.message));
  }
  const value = valueAt(document, path);
  if (value === undefined) {
    return [problem(path, `is missing: it ${issue.message}`)];
  }
  return [problem(path, `${issue.message}, got ${show(value)}`)];
}

function unknownField(key: string, allowed: readonly string[]): string {
  const foreign = foreignWords[key];
  const hint =
    foreign !== undefined && allowed.includes(foreign)
      ? `; did you mean "${foreign}"?`
      : didYouMean(key, allowed);
  return `is no field that is known here${hint}${hint === '' ? '; allowed are' : ' Allowed are'} ${allowed.join(', ')}`;
}

/** The fields that the schema knows at a path. */
function fieldsAt(path: FieldPath): string[] {
  let schema: z.core.$ZodType = siteFile;
  for (const key of path) {
    schema = unwrap(schema);
    if (schema instanceof z.ZodArray) {
      schema = schema.element;
    } else if (schema instanceof z.ZodObject) {
      schema = schema.shape[key] as z.core.$ZodType;
    }
  }
  schema = unwrap(schema);
  return schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
}

function unwrap(schema: z.core.$ZodType): z.core.$ZodType {
  let inner = schema;
  while (inner instanceof z.ZodDefault || inner instanceof z.ZodOptional) {
    inner = inner.unwrap();
  }
  return inner;
}

const shownCharacters = 60;

function show(value: unknown): string {
  const words = value instanceof Date ? value.toISOString() : (JSON.stringify(value) ?? String(value));
  return words.length > shownCharacters ? `${words.slice(0, shownCharacters)}…` : words;
}
