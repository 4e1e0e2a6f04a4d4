import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, expect, test } from 'vitest';
import { descendantsOf, searchDescendants, statOf } from './process-tree.ts';

const started: ChildProcess[] = [];

afterEach(() => {
  for (const { pid } of started.splice(0)) {
    try {
      process.kill(-pid!, 'SIGKILL');
    } catch {
      // It has ended.
    }
  }
});

/** Bash in a group of its own; resolves with the numbers that it prints first. */
async function bash(script: string): Promise<{ child: ChildProcess; pids: number[] }> {
  const child = spawn('bash', ['-c', script], { detached: true, stdio: ['pipe', 'pipe', 'inherit'] });
  started.push(child);
  const [line] = (await once(child.stdout!, 'data')) as [Buffer];
  return { child, pids: line.toString().trim().split(' ').map(Number) };
}

test('both ways find the children and grandchildren of a process that starts others all the time', async () => {
  const { child, pids } = await bash(
    'sleep 300 & a=$!; (sleep 300 & echo $a $BASHPID $!; exec sleep 300) & while :; do sleep 0.01; done',
  );
  for (const pid of pids) {
    // It may miss some, see there.
    await expect.poll(() => descendantsOf(child.pid!)).toContain(pid);
    await expect.poll(() => searchDescendants(child.pid!)).toContain(pid);
  }
  await expect.poll(() => searchDescendants(pids[0]!)).toEqual([]);
});

test('nobody is below a process that has ended, and an orphan is below whoever took it', async () => {
  const { child, pids } = await bash('(sleep 300 & echo $!); read -r line');
  const [orphan] = pids as [number];
  await expect.poll(() => statOf(orphan)?.parent).not.toBe(child.pid);
  await expect.poll(() => searchDescendants(statOf(orphan)!.parent)).toContain(orphan);
  const exit = once(child, 'exit');
  child.stdin!.end('\n');
  await exit;
  await expect.poll(() => searchDescendants(child.pid!)).toEqual([]);
});
