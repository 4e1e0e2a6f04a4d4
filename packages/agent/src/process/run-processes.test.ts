import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { childrenOf, isAlive } from './process-tree.ts';
import { inOwnNamespace } from './run-processes.ts';

test('whoever ends the same run at the same time waits for the same end', async () => {
  const launcher = spawn('bash', ['-c', 'sleep 300; read', 'bash'], { stdio: ['pipe', 'ignore', 'ignore'] });
  try {
    while (childrenOf(launcher.pid!).length === 0) {
      await sleep(5);
    }
    const processes = inOwnNamespace(launcher.pid!);
    const first = processes.end();
    // Else the one of them that looks later would meet the next run, and take it for this one.
    expect(processes.end()).toBe(first);
    await first;
    // It may still be a zombie: bash takes its children away when it gets to it.
    expect(childrenOf(launcher.pid!).filter(isAlive)).toEqual([]);
    await processes.end();
  } finally {
    launcher.kill('SIGKILL');
    await once(launcher, 'exit');
  }
});
