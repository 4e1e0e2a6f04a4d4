import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url));

test('a server whose log cannot be written, as on a full disk, goes on', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'quarry-log-'));
  const child = spawn(
    process.execPath,
    [MAIN, '--data', join(directory, 'data'), '--port', '0', '--json'],
    // Each write there fails with ENOSPC.
    { stdio: ['ignore', 'pipe', openSync('/dev/full', 'w')] },
  );
  const ended = once(child, 'exit');
  try {
    const lines = createInterface({ input: child.stdout! });
    const [line] = await Promise.race([
      once(lines, 'line'),
      ended.then(([code]) => {
        throw new Error(`it ended with ${code}`);
      }),
    ]);
    const { url, apiKey } = JSON.parse(line);
    for (let request = 0; request < 3; request += 1) {
      // Each of them is a line of the log.
      const answer = await fetch(new URL('/api/v2/jobs/nowhere/', url), {
        headers: { Authorization: `Token ${apiKey}` },
      });
      expect(answer.status).toBe(404);
    }
    expect(child.exitCode).toBeNull();
  } finally {
    child.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
    await rm(directory, { recursive: true, force: true });
  }
});
