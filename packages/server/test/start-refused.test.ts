import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url));

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'quarry-start-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

/** What a server says that ends by itself, and with which code. */
function serve(
  options: string[],
  environment: NodeJS.ProcessEnv = {},
): Promise<{ code: number; said: string }> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [MAIN, '--data', join(directory, 'data'), ...options],
      { env: { ...process.env, ...environment } },
      (_error, _stdout, said) => resolve({ code: child.exitCode!, said }),
    );
  });
}

test('a server that cannot listen says so and names the options', async () => {
  await using other = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => other.once('listening', resolve));
  const { port } = other.address() as { port: number };
  const taken = await serve(['--port', String(port)]);
  expect(taken).toMatchObject({ code: 1, said: expect.stringContaining(`Port ${port} is in use.`) });
  // An address for documentation, which no host has.
  const elsewhere = await serve(['--port', '0', '--host', '192.0.2.1', '--insecure-listen']);
  expect(elsewhere.code).toBe(1);
  expect(elsewhere.said).toMatch(/cannot listen there: .*192\.0\.2\.1.*--host/);
});

test('a server without a directory for what is temporary names it, and does not blame the address', async () => {
  const { code, said } = await serve(['--port', '0'], { TMPDIR: '/nowhere/at/all' });
  expect(code).toBe(1);
  expect(said).toMatch(/cannot use a place that it needs: .*\/nowhere\/at\/all.*TMPDIR/);
  expect(said).not.toMatch(/\n\s+at |listen/);
});

test('a site that gives jobs a longer time than they may have is refused in words', async () => {
  const config = join(directory, 'quarry.toml');
  await writeFile(config, 'max_job_hours = 8\ndefault_job_hours = 9\n');
  const { code, said } = await serve(['--port', '0', '--config', config]);
  expect([code, said]).toEqual([
    expect.any(Number),
    expect.stringContaining('default_job_hours (9) is more than max_job_hours (8)'),
  ]);
  expect(code).not.toBe(0);
});
