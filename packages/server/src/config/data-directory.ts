import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

/** Where the data directory is unless it is named. */
export function defaultDataDirectory(home: string): string {
  return join(home, '.local/share/quarry');
}

/** The data directory as command line and variables name it, for what must be known before the configuration can be read. */
export function namedDataDirectory(args: string[], variables: NodeJS.ProcessEnv): string {
  const { values } = parseArgs({
    args,
    strict: false,
    allowPositionals: true,
    options: { data: { type: 'string' } },
  });
  const named = typeof values.data === 'string' ? values.data : '';
  return resolve(named || variables.QUARRY_DATA || defaultDataDirectory(variables.HOME ?? '/'));
}
