/**
 * A user namespace for the sandbox of a root agent: in it there are the user of jobs and, as root, the shell that
 * starts commands; on the host both are nobody. Node cannot make one, so a process is started that does, and the
 * namespace outlives it through the descriptor.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync, readlinkSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { NAMESPACE_MS } from '../limits.ts';
import { findProgram } from '../process/programs.ts';

const LOOK_MS = 1;

/** Makes one and opens it; throws when the host does not allow that. The caller closes the descriptor. */
export async function openUserNamespace(jobUid: number, launcherUid: number): Promise<number> {
  const unshare = findProgram('unshare');
  const cat = findProgram('cat');
  if (unshare === null || cat === null) {
    throw new Error('the program "unshare" is missing: install the package "util-linux"');
  }
  // It waits for the end of its input.
  const holder = spawn(unshare, ['--user', cat], { cwd: '/', env: {}, stdio: ['pipe', 'ignore', 'pipe'] });
  holder.stdin.on('error', () => undefined);
  let words = '';
  holder.stderr.setEncoding('utf8').on('data', (text: string) => {
    words = (words + text).slice(0, 1000);
  });
  const ended = once(holder, 'close').catch((error: Error) => {
    words = error.message;
  });
  try {
    const directory = `/proc/${holder.pid}`;
    await untilOther(`${directory}/ns/user`, ended, () => words);
    const map = `0 ${launcherUid} 1\n${jobUid} ${jobUid} 1\n`;
    writeFileSync(`${directory}/uid_map`, map);
    writeFileSync(`${directory}/gid_map`, map);
    return openSync(`${directory}/ns/user`, 'r');
  } finally {
    holder.stdin.end();
  }
}

/** Resolves when the process has left our namespace. */
async function untilOther(path: string, ended: Promise<unknown>, words: () => string): Promise<void> {
  const ours = readlinkSync('/proc/self/ns/user');
  const giveUpAt = performance.now() + NAMESPACE_MS;
  let isOver = false;
  void ended.then(() => {
    isOver = true;
  });
  while (readOr(path, ours) === ours) {
    if (isOver || performance.now() > giveUpAt) {
      throw new Error(words().trim() || 'no user namespace could be made');
    }
    await sleep(LOOK_MS);
  }
}

function readOr(path: string, otherwise: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return otherwise;
  }
}
