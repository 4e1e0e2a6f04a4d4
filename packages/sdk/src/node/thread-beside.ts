import { existsSync } from 'node:fs';
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';

/**
 * A thread of a file beside the one whose `import.meta.url` is given, with the same ending: .ts in development, .js once
 * compiled. Null where it is not there, as in a bundle, which holds what is imported and not what is started.
 */
export function threadBeside(name: string, own: string): Worker | null {
  const file = new URL(`./${name}${extname(own)}`, own);
  return existsSync(file) ? new Worker(file) : null;
}
