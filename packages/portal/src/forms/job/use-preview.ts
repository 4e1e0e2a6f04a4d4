import { useDebouncedValue } from '@mantine/hooks';
import { BadRequestError, type FieldError, type JobDefinition, type JobPreview } from '@quarry/sdk';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { jobPreviewQuery } from '../../api/queries.ts';
import type { Document } from './document.ts';
import { textAt } from './fields.ts';

const TYPING_MS = 400;

export interface Preview {
  /** Whether there is enough to ask the server: before that it would only name what is missing. */
  isBegun: boolean;
  /** What the document would become; as it was before while that is being found out. */
  found: JobPreview | null;
  /** Why the server would refuse it, or cannot be asked. */
  error: unknown;
  /** What it says of fields, by their paths in the document. */
  problems: readonly FieldError[];
  /** Whether there are fewer runs than the one that is to be shown. */
  isNoSuchRun: boolean;
  retry: () => void;
}

/** What the server makes of the document, a moment after it was changed, with the templates of a run. */
export function usePreview(document: Document, run: number): Preview {
  const [settled] = useDebouncedValue(document, TYPING_MS);
  const [shownRun] = useDebouncedValue(run, TYPING_MS / 2);
  const isBegun = isFilledIn(settled);
  const query = useQuery({
    ...jobPreviewQuery(settled as unknown as JobDefinition, shownRun),
    enabled: isBegun,
    placeholderData: keepPreviousData,
  });
  const error = isBegun ? query.error : null;
  const isNoSuchRun = isAboutTheRun(error);
  const refusal = error instanceof BadRequestError && !isNoSuchRun ? error : null;
  const problems = useMemo(() => (refusal === null ? [] : inDocument(refusal.fieldErrors)), [refusal]);
  return {
    isBegun,
    found: isBegun ? (query.data ?? null) : null,
    error: isNoSuchRun ? null : error,
    isNoSuchRun,
    problems,
    retry: () => void query.refetch(),
  };
}

function isAboutTheRun(error: unknown): boolean {
  return (
    error instanceof BadRequestError &&
    error.fieldErrors.length > 0 &&
    error.fieldErrors.every(({ path }) => path === 'run')
  );
}

/** Where a whole definition is refused, its fields are those of a field of the request. */
function inDocument(errors: readonly FieldError[]): FieldError[] {
  return errors.map(({ path, message }) => ({ path: path.replace(/^definition\.?/, ''), message }));
}

function isFilledIn(document: Document): boolean {
  const tile = ['jobanalyses', 0];
  return [
    ['name'],
    [...tile, 'analysis', 'code'],
    [...tile, 'command'],
    [...tile, 'hardware', 'coreType'],
  ].every((path) => textAt(document, path).trim() !== '');
}
