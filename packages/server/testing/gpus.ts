import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Numbers of `/dev/zero`, `/dev/full` and `/dev/random`: nodes that everybody may open, and that can be told apart. */
const MINORS = [5, 7, 8];
const CONTROL_MINOR = 3;

/** Whether nodes of devices can be made here and opened where tests work. */
export function canMakeNodes(): boolean {
  if (process.getuid?.() !== 0) {
    return false;
  }
  const directory = mkdtempSync(join(tmpdir(), 'quarry-node-'));
  try {
    makeNode(join(directory, 'zero'), MINORS[0]!);
    execFileSync('head', ['-c', '1', join(directory, 'zero')], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  } finally {
    rmSync(directory, { recursive: true });
  }
}

export interface StandInGpus extends Disposable {
  /** For the setting `gpus`. */
  readonly directory: string;
  /** What `nvidia-smi` calls them. */
  readonly ids: readonly string[];
}

/** A directory with nodes of real devices in the place of GPUs, and a program that tells of them as `nvidia-smi` does. */
export function standInGpus(count: number): StandInGpus {
  const directory = mkdtempSync(join(tmpdir(), 'quarry-gpus-'));
  chmodSync(directory, 0o755);
  const ids = Array.from({ length: count }, (_, index) => `GPU-0000000${index}-stand-in`);
  for (const [index, minor] of MINORS.slice(0, count).entries()) {
    makeNode(join(directory, `nvidia${index}`), minor);
  }
  makeNode(join(directory, 'nvidiactl'), CONTROL_MINOR);
  const lines = ids.map((id, index) => `${index}, ${id}, 00000000:0${index}:00.0, Stand-in`).join('\n');
  writeFileSync(join(directory, 'nvidia-smi'), `#!/bin/sh\ncat <<'EOF'\n${lines}\nEOF\n`, { mode: 0o755 });
  return {
    directory,
    ids,
    [Symbol.dispose]() {
      rmSync(directory, { recursive: true });
    },
  };
}

function makeNode(path: string, minor: number): void {
  execFileSync('mknod', ['-m', '666', path, 'c', '1', String(minor)]);
}
