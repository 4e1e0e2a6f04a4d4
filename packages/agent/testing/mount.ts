import { execFileSync } from 'node:child_process';

/** Whether tests may mount something here. */
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

/** Something mounted until it is disposed of. */
export function mount(...args: [...string[], target: string]): Disposable {
  execFileSync('mount', args);
  return {
    [Symbol.dispose]() {
      execFileSync('umount', [args.at(-1)!]);
    },
  };
}
