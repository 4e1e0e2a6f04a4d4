import { posix } from 'node:path';

/**
 * Whether a path with `/` between names is one of those that patterns name, or lies in a directory that they name. A pattern
 * without `/` means a name at any depth, any other one the path from the top on; `*` stays within a name, `**` does not.
 */
export function matcherOf(globs: readonly string[]): (path: string) => boolean {
  const patterns = globs.map((glob) => ({
    isAnchored: glob.replace(/\/+$/, '').includes('/'),
    pattern: posix.normalize(glob).replace(/^(\.?\/)+|\/+$/g, ''),
    isDirectory: glob.endsWith('/'),
  }));
  return (path) => {
    const names = path.split('/');
    return patterns.some(({ isAnchored, isDirectory, pattern }) =>
      names.some((name, index) => {
        const isLast = index === names.length - 1;
        const step = isAnchored ? names.slice(0, index + 1).join('/') : name;
        return !(isLast && isDirectory) && posix.matchesGlob(step, pattern);
      }),
    );
  };
}
