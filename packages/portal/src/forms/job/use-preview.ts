import { useDebouncedValue } from '@mantine/hooks';
import { BadRequestError, type JobDefinition, type JobPreview } from '@quarry/sdk';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { jobPreviewQuery } from '../../api/queries.ts';
import { type Document, nameOf, type Path } from './document.ts';
import { textAt } from './fields.ts';

const TYPING_MS = 400;

export interface Preview {
  /** Whether there is enough to ask the server: before that it would only name what is missing. */
  isBegun: boolean;
  /** What the document would become; as it was before while that is being found out. */
  found: JobPreview | null;
  /** Why the server would refuse it, or cannot be asked. */
  error: unknown;
  /** What it says of a field; null for nothing. */
  errorOf: (path: Path) => string | null;
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
  const errors =
    isBegun && query.error instanceof BadRequestError
      ? query.error.fieldErrors.map(({ path, message }) => ({
          path: path.replace(/^definition\.?/, ''),
          message,
        }))
      : [];
  return {
    isBegun,
    found: isBegun ? (query.data ?? null) : null,
    error: isBegun ? query.error : null,
    errorOf: (path) => errors.find((error) => error.path === nameOf(path))?.message ?? null,
    retry: () => void query.refetch(),
  };
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
