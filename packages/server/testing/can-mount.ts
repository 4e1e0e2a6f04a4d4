import { execFileSync } from 'node:child_process';

/** Whether a small disk can be had to fill up: only root may mount, and not in every container. */
export function canMount(): boolean {
  if (process.getuid?.() !== 0) {
    return false;
  }
  try {
    execFileSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', '/mnt'], {
      stdio: 'ignore',
    });
    return true;
  } catch {
    return false;
  }
}
