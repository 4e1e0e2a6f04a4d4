import { execFileSync } from 'node:child_process';

const NOBODY = { uid: 65_534, gid: 65_534 };
const isRoot = process.getuid!() === 0;

/**
 * Does something with the rights of a user who is not root, as far as files go: root may read and write whatever the
 * modes say. Files that it makes belong to that user. No process can be started meanwhile.
 */
export async function asOrdinaryUser<Result>(work: () => Promise<Result> | Result): Promise<Result> {
  if (!isRoot) {
    return work();
  }
  process.setegid!(NOBODY.gid);
  process.seteuid!(NOBODY.uid);
  try {
    return await work();
  } finally {
    process.seteuid!(0);
    process.setegid!(0);
  }
}

/** Runs a command by bash as that user. */
export function runAsOrdinaryUser(command: string, cwd: string): void {
  execFileSync('bash', ['-c', command], { cwd, ...(isRoot ? NOBODY : {}) });
}
