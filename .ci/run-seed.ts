/** `run-seed.ts SCRIPT [ARGS]` runs the seed's conformance script against `quarry serve` on a fresh data directory. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const QUARRY = fileURLToPath(new URL('../packages/cli/bin/quarry.js', import.meta.url));
const [script, ...args] = process.argv.slice(2);

const folder = await mkdtemp(join(tmpdir(), 'quarry-seed-'));
const server = spawn(
  process.execPath,
  [QUARRY, 'serve', '--data', join(folder, 'data'), '--port', '0', '--json'],
  { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, QUARRY_STATE_DIR: join(folder, 'state') } },
);
try {
  const { url, apiKey } = JSON.parse(await firstLine(server)) as { url: string; apiKey: string };
  const seed = spawn('/usr/bin/python3', [script!, '--base-url', url, '--api-key', apiKey, ...args], {
    stdio: 'inherit',
  });
  const [code] = await once(seed, 'exit');
  process.exitCode = code ?? 1;
} finally {
  server.kill('SIGTERM');
  const [code] = await once(server, 'exit');
  if (code !== 0) process.exitCode = 1;
  await rm(folder, { recursive: true, force: true });
}

async function firstLine(child: ChildProcess): Promise<string> {
  for await (const line of createInterface({ input: child.stdout! })) return line;
  throw new Error('The server ended before it was ready.');
}
