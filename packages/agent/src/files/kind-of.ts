import type { BigIntStats } from 'node:fs';

/** What something is that is neither a file nor a link, in words. */
export function kindOf(stats: BigIntStats): string {
  if (stats.isDirectory()) {
    return 'a directory';
  }
  if (stats.isFIFO()) {
    return 'a named pipe';
  }
  if (stats.isSocket()) {
    return 'a socket';
  }
  return 'a device';
}
