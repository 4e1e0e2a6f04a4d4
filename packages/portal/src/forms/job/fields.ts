import { type Document, type Json, type Path, read } from './document.ts';
import type { JobDocument } from './use-job-document.ts';

/** What the fields of a part of the form get. */
export interface FieldsProps {
  job: JobDocument;
  /** Which of the tiles is shown. */
  tile: number;
  /** What the server has said about a field; null for nothing. */
  errorOf: (path: Path) => string | null;
}

/** A text of the document; empty where there is none, or something else. */
export function textAt(document: Document, path: Path): string {
  const value = read(document, path);
  return typeof value === 'string' ? value : '';
}

export function numberAt(document: Document, path: Path): number | null {
  const value = read(document, path);
  return typeof value === 'number' ? value : null;
}

export function listAt(document: Document, path: Path): readonly Json[] {
  const value = read(document, path);
  return Array.isArray(value) ? value : [];
}
