import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findProgram } from '../src/process/programs.ts';

/** A search path whose Perl can make no namespaces, as in most containers, so that each command gets a sandbox of its own. */
export function perlWithoutNamespaces(directory: string): string {
  const tools = join(directory, 'tools');
  mkdirSync(tools);
  const refuse = '[ "$4" != run ] || { echo "Operation not permitted" >&2; exit 1; }';
  writeFileSync(join(tools, 'perl'), `#!/bin/sh\n${refuse}\nexec ${findProgram('perl')} "$@"\n`, {
    mode: 0o755,
  });
  symlinkSync(findProgram('bwrap')!, join(tools, 'bwrap'));
  return `${tools}:/usr/bin:/bin`;
}
