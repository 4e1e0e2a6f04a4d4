import { MAX_PROBLEMS_SHOWN } from './limits.ts';

/** One mistake in a catalogue file; `line` counts from 1, `field` is empty for a whole file. */
export interface CatalogProblem {
  readonly file: string;
  readonly line: number;
  readonly field: string;
  readonly message: string;
}

/** The catalogue files cannot be used; `problems` has every mistake in them, by file and line. */
export class CatalogError extends Error {
  readonly problems: readonly CatalogProblem[];

  constructor(problems: readonly CatalogProblem[]) {
    super(wordsOf(problems));
    this.name = 'CatalogError';
    this.problems = problems;
  }
}

/** One mistake as a line of text, such as `catalog/core-types.toml:14: coreType.cores[0]: must be …`. */
function describeProblem({ file, line, field, message }: CatalogProblem): string {
  return `${file}:${line}: ${field === '' ? '' : `${field}: `}${message}`;
}

function wordsOf(problems: readonly CatalogProblem[]): string {
  const count = problems.length === 1 ? 'a mistake' : `${problems.length} mistakes`;
  const shown = problems.slice(0, MAX_PROBLEMS_SHOWN).map(describeProblem);
  if (problems.length > shown.length) {
    shown.push(`… and ${problems.length - shown.length} more`);
  }
  return `The catalogue has ${count}; correct the file and save it:\n${shown.join('\n')}`;
}
