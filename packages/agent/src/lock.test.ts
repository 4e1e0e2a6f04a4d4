import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { lockCluster } from './lock.ts';
import { readBootId } from './monotonic.ts';
import { statOf } from './process/process-tree.ts';

test('a lock is taken from an owner that is dead and that nobody has waited for', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'quarry-lock-'));
  const path = join(directory, 'agent.lock');
  // The program that takes the place of the shell never waits for the child that it has from it.
  const parent = spawn('bash', ['-c', 'sleep 0.1 & echo $!; exec sleep 300'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    const [line] = await once(createInterface({ input: parent.stdout }), 'line');
    const pid = Number(line);
    while (statOf(pid)?.state !== 'Z') {
      await sleep(10);
    }
    const startTicks = String(statOf(pid)!.startTicks);
    writeFileSync(path, JSON.stringify({ pid, startTicks, bootId: readBootId(), host: hostname() }));
    const unlock = lockCluster(path, { salvages: true });
    expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({ pid: process.pid });
    unlock();
  } finally {
    parent.kill('SIGKILL');
    rmSync(directory, { recursive: true, force: true });
  }
});
