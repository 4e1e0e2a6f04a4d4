import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, loadavg, release, tmpdir, totalmem, type } from 'node:os';
import { installedPrograms } from './programs.ts';

export interface Machine {
  cpu: string;
  cores: number;
  memoryGiB: number;
  kernel: string;
  node: string;
  /** Of the temporary directory, where everything is written. */
  fileSystem?: string;
  /** Versions of the programs that are compared with. */
  programs?: Record<string, string>;
  /** Processes that wanted a core in the minute before: above zero, somebody else worked as well. */
  loadBefore: number;
  commit: string;
}

/** What the figures depend on. */
export function describeMachine(): Machine {
  const processors = cpus();
  return {
    cpu: processors[0]?.model ?? 'unknown',
    cores: processors.length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: `${type()} ${release()}`,
    node: process.version,
    fileSystem: fileSystemOf(tmpdir()),
    programs: installedPrograms(),
    loadBefore: loadavg()[0]!,
    commit: commit(),
  };
}

/** The kind of the file system that a directory is on, from the kernel's list of mounts. */
function fileSystemOf(directory: string): string {
  const mounts = readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' '))
    .filter(
      ([, place]) => place !== undefined && `${directory}/`.startsWith(place === '/' ? '/' : `${place}/`),
    );
  // What was mounted last at the longest place hides the others.
  const [, , kind = 'unknown'] = mounts.reduce((best, mount) =>
    mount[1]!.length >= best[1]!.length ? mount : best,
  );
  return kind;
}

function commit(): string {
  try {
    const git = (...args: string[]) =>
      execFileSync('git', args, { encoding: 'utf8', cwd: import.meta.dirname }).trim();
    const changed = git('status', '--porcelain', '--', '../../packages') !== '';
    return `${git('rev-parse', '--short', 'HEAD')}${changed ? ' with changes' : ''}`;
  } catch {
    return 'unknown';
  }
}
