/** Which sandbox this host allows, found by trying: with all that commands get, and down from the best. */
import type { ClusterFile } from '@quarry/contract';
import { findProgram } from '../process/programs.ts';

/**
 * `run`: one sandbox for each slot, that stays, and in it a PID namespace for each run.
 * `sandbox`: a sandbox for each command, where a host does not let a sandbox make namespaces.
 * `none`: commands run on the host itself.
 */
export type Isolation = 'run' | 'sandbox' | 'none';

export interface SandboxKind {
  isolation: Isolation;
  /** Why it is not better, and what to do about it; null when it is. */
  reason: string | null;
}

/** Tries them in order; `attempt` rejects with the reason when one cannot be had. */
export async function chooseSandbox(
  mode: ClusterFile['sandbox']['mode'],
  attempt: (isolation: 'run' | 'sandbox') => Promise<void>,
): Promise<SandboxKind> {
  if (mode === 'off') {
    return { isolation: 'none', reason: null };
  }
  if (findProgram('bwrap') === null) {
    return {
      isolation: 'none',
      reason: 'bubblewrap (bwrap) is not installed: install the package "bubblewrap".',
    };
  }
  let reason: string | null = null;
  for (const isolation of ['run', 'sandbox'] as const) {
    try {
      await attempt(isolation);
      return { isolation, reason };
    } catch (error) {
      reason = explain(isolation, (error as Error).message);
    }
  }
  return { isolation: 'none', reason };
}

function explain(isolation: 'run' | 'sandbox', words: string): string {
  const hint = /namespace|Operation not permitted|Permission denied|No space left/i.test(words)
    ? ' The host does not let this user make namespaces (see user.max_user_namespaces, kernel.unprivileged_userns_clone, kernel.apparmor_restrict_unprivileged_userns, or the container it runs in).'
    : '';
  return isolation === 'run'
    ? `A sandbox cannot make namespaces here, so each command gets a sandbox of its own, which takes longer: ${words}.${hint}`
    : `bubblewrap does not work here: ${words}.${hint}`;
}
