/**
 * Patterns of paths as users write them. Matched by hand: what a library offers more takes a time that a pattern can make
 * grow without end, and these patterns are strangers'.
 */

const ANY_DIRECTORIES = '**';

interface Pattern {
  parts: string[];
  /** Named from the top on; else a name at any depth. */
  isAnchored: boolean;
  /** A directory with what is in it, and no file of that name. */
  isDirectory: boolean;
}

/**
 * Whether a path with `/` between names is one of those that patterns name, or lies in a directory that they name. A pattern
 * without `/` means a name at any depth, any other one the path from the top on. `*` is any part of a name, `?` a character
 * of it, `**` any number of directories; all else means itself.
 */
export function matcherOf(globs: readonly string[]): (path: string) => boolean {
  const patterns = globs.map(toPattern);
  return (path) => {
    const names = path.split('/');
    return patterns.some((pattern) => isNamed(pattern, names));
  };
}

function toPattern(glob: string): Pattern {
  const parts = glob.split('/').filter((part) => part !== '' && part !== '.');
  return {
    // At the end they are all that is in a directory, and not the directory itself.
    parts: parts.at(-1) === ANY_DIRECTORIES ? [...parts, '*'] : parts,
    isAnchored: glob.replace(/\/+$/, '').includes('/'),
    isDirectory: glob.endsWith('/'),
  };
}

function isNamed({ parts, isAnchored, isDirectory }: Pattern, names: readonly string[]): boolean {
  if (isAnchored || parts.includes(ANY_DIRECTORIES)) {
    const inside = [...parts, ANY_DIRECTORIES, '*'];
    return (!isDirectory && matchesPath(parts, names)) || matchesPath(inside, names);
  }
  const candidates = isDirectory ? names.slice(0, -1) : names;
  return candidates.some((name) => matchesName(parts[0] ?? '', name));
}

/** Goes back to the last `**` alone, which is enough: the time is the product of both lengths at most. */
function matchesPath(parts: readonly string[], names: readonly string[]): boolean {
  let [part, name, lastAny, takenUpTo] = [0, 0, -1, 0];
  while (name < names.length) {
    if (parts[part] === ANY_DIRECTORIES) {
      [lastAny, takenUpTo] = [part, name];
      part += 1;
    } else if (part < parts.length && matchesName(parts[part]!, names[name]!)) {
      part += 1;
      name += 1;
    } else if (lastAny >= 0) {
      takenUpTo += 1;
      [part, name] = [lastAny + 1, takenUpTo];
    } else {
      return false;
    }
  }
  return parts.slice(part).every((left) => left === ANY_DIRECTORIES);
}

/** The same within a name, for `*`. */
function matchesName(pattern: string, name: string): boolean {
  let [at, character, lastAny, takenUpTo] = [0, 0, -1, 0];
  while (character < name.length) {
    if (pattern[at] === '*') {
      [lastAny, takenUpTo] = [at, character];
      at += 1;
    } else if (at < pattern.length && (pattern[at] === '?' || pattern[at] === name[character])) {
      at += 1;
      character += 1;
    } else if (lastAny >= 0) {
      takenUpTo += 1;
      [at, character] = [lastAny + 1, takenUpTo];
    } else {
      return false;
    }
  }
  return /^\**$/.test(pattern.slice(at));
}
