import { type IssueLike, toFieldErrors } from '@quarry/contract';
import { invalidFields, Problem } from '../problems.ts';
import type { Place } from './fill-in.ts';

/** Whatever is wrong with a filled-in definition: under the values that are to blame, else as a fault of the template. */
export function blameIssues(issues: readonly IssueLike[], places: readonly Place[]): Problem {
  const moved = issues.map(({ path, message, ...rest }) => {
    const steps = path as Array<string | number>;
    const place = places.find((each) => isAt(each, steps));
    const where = place === undefined ? ['definition', ...steps] : ['values', place.field];
    return { ...rest, message, path: where };
  });
  return invalidFields(toFieldErrors(moved));
}

/** Does something with a filled-in definition, and says of what is refused in it whose fault that is. */
export async function blaming<Result>(
  places: readonly Place[],
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Problem && error.kind === 'invalid' && error.fields !== null) {
      throw blameIssues(issuesOf(error.fields, []), places);
    }
    throw error;
  }
}

function isAt({ path, from }: Place, steps: ReadonlyArray<string | number>): boolean {
  if (steps.length < path.length || path.some((step, index) => step !== steps[index])) {
    return false;
  }
  const item = steps[path.length];
  return from === undefined || item === undefined || (typeof item === 'number' && item >= from);
}

/** The leaves of a body of errors, each with where it stands. */
function issuesOf(errors: unknown, path: Array<string | number>): IssueLike[] {
  if (typeof errors === 'string') {
    return [{ path, message: errors }];
  }
  if (Array.isArray(errors)) {
    return errors.flatMap((each, index) =>
      issuesOf(each, typeof each === 'string' ? path : [...path, index]),
    );
  }
  return Object.entries((errors ?? {}) as Record<string, unknown>).flatMap(([name, each]) =>
    issuesOf(each, name === 'non_field_errors' ? path : [...path, name]),
  );
}
