import { posix } from 'node:path';
import { QuarryError } from '../errors.ts';

export interface Selection {
  /** Patterns of what is taken; everything when absent or empty. */
  include?: readonly string[];
  /** Patterns of what is left out, also of what `include` names. */
  exclude?: readonly string[];
}

/**
 * Whether a relative path with `/` between names is wanted: named by `include`, if there is any, and not by `exclude`.
 * A pattern without `/` means a name at any depth, any other one the path from the top on; both mean a directory with
 * all that is in it as well, and with `/` at the end nothing but a directory. `*` stays within a name, `**` does not,
 * `{a,b}` is either; a name that begins with a dot is met only by a pattern with that dot. `QuarryError` for a pattern
 * that can mean nothing.
 */
export function selector({ include = [], exclude = [] }: Selection): (path: string) => boolean {
  const wanted = include.map(matcher);
  const unwanted = exclude.map(matcher);
  return (path) => {
    const steps = stepsOf(path);
    const isNamed = wanted.length === 0 || wanted.some((matches) => matches(steps));
    return isNamed && !unwanted.some((matches) => matches(steps));
  };
}

/** `a/b/c` as `a`, `a/b`, `a/b/c`: the directories on the way, and the path itself. */
function stepsOf(path: string): string[] {
  const names = path.split('/').filter((name) => name !== '' && name !== '.');
  return names.map((_, index) => names.slice(0, index + 1).join('/'));
}

function matcher(pattern: string): (steps: readonly string[]) => boolean {
  const spelled = posix.normalize(pattern.trim()).replace(/^(\.?\/)+/, '');
  const isDirectory = spelled.endsWith('/');
  const bare = spelled.replace(/\/+$/, '');
  if (bare === '' || bare === '.' || bare.split('/').includes('..')) {
    throw new QuarryError(`"${pattern}" is no pattern for paths below a directory.`, {
      hint: 'Write a name such as *.vtk, or a path from the top such as run1/mesh/**.',
    });
  }
  const isAnchored = /\/(?!$)/.test(pattern.trim());
  return (steps) =>
    (isDirectory ? steps.slice(0, -1) : steps).some((step) =>
      posix.matchesGlob(isAnchored ? step : posix.basename(step), bare),
    );
}
