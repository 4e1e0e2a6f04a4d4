import { execFile } from 'node:child_process';
import { PROBE_MS } from '../limits.ts';
import { bubblewrapArguments, findHiddenPlaces } from './arguments.ts';

export interface SandboxProbe {
  available: boolean;
  /** Why not, and what to do about it; null when it is available. */
  reason: string | null;
}

/** Runs one real sandbox with the arguments that commands get; never rejects. Takes a few milliseconds. */
export function probeSandbox(hiddenPaths: string[] = []): Promise<SandboxProbe> {
  const args = [...bubblewrapArguments(findHiddenPlaces(hiddenPaths), null), 'true'];
  return new Promise((resolve) => {
    execFile('bwrap', args, { timeout: PROBE_MS, cwd: '/' }, (error, _stdout, stderr) => {
      resolve(
        error === null
          ? { available: true, reason: null }
          : { available: false, reason: explain(error as NodeJS.ErrnoException, String(stderr).trim()) },
      );
    });
  });
}

function explain(error: NodeJS.ErrnoException, words: string): string {
  if (error.code === 'ENOENT') {
    return 'bubblewrap (bwrap) is not installed: install the package "bubblewrap".';
  }
  const hint = /namespace|Operation not permitted/i.test(words)
    ? ' The host does not let this user make namespaces (see kernel.unprivileged_userns_clone, kernel.apparmor_restrict_unprivileged_userns, or the container it runs in).'
    : '';
  return `bubblewrap does not work here: ${words || error.message}.${hint}`;
}
