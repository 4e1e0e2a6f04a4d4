import { VERSION } from '../version.ts';

/**
 * Headers of every answer. What a file is said to be must not be guessed anew from its first bytes by a browser. Of the
 * API, what server it is that answers, so that clients of other versions can say what it lacks.
 */
export function everyAnswer({ id, url }: { id: string; url: string }): Record<string, string> {
  return url.startsWith('/api/')
    ? { 'x-content-type-options': 'nosniff', 'x-request-id': id, 'quarry-version': VERSION }
    : { 'x-content-type-options': 'nosniff', 'x-request-id': id };
}
