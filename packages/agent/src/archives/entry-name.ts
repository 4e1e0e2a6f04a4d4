import { unsafe } from './failure.ts';

const DRIVE = /^[A-Za-z]:[\\/]/;

/**
 * The parts of an entry's name below the work directory, none for the directory itself. Throws when the name
 * leads elsewhere: absolute, with a drive letter, with `..` after normalisation, or with a NUL.
 */
export function entryParts(archive: string, name: string): string[] {
  if (name.includes('\0')) {
    throw unsafe(archive, name, 'has a NUL in its name');
  }
  if (name.startsWith('/') || DRIVE.test(name)) {
    throw unsafe(archive, name, 'has an absolute name');
  }
  const parts: string[] = [];
  for (const part of name.split('/')) {
    if (part === '..') {
      if (parts.pop() === undefined) {
        throw unsafe(archive, name, 'leads out of the work directory');
      }
    } else if (part !== '' && part !== '.') {
      parts.push(part);
    }
  }
  return parts;
}

/**
 * Checks where a symbolic link points. `..` is allowed only at its beginning, where it counts from the link's own
 * directory, which is no link; further on it would depend on other links and could lead anywhere.
 */
export function checkLinkTarget(archive: string, name: string, parts: string[], target: string): void {
  if (target === '' || target.includes('\0') || target.startsWith('/') || DRIVE.test(target)) {
    throw unsafe(archive, name, `is a link to ${JSON.stringify(target)}, outside the work directory`);
  }
  let depth = parts.length - 1;
  let below = false;
  for (const part of target.split('/')) {
    if (part === '..') {
      depth -= 1;
      if (below || depth < 0) {
        throw unsafe(archive, name, `is a link to ${JSON.stringify(target)}, outside the work directory`);
      }
    } else if (part !== '' && part !== '.') {
      below = true;
    }
  }
}
