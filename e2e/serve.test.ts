/** How a platform on this machine begins and ends, and who learns its key. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { openDesk, until } from './cli-harness.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

test('what is no terminal is told where the key lies and not the key, and stop ends the server', async () => {
  await using desk = await openDesk();
  const server = desk.start('serve', '--data', 'data', '--port', '0');
  await until(() => server.stdout().includes('Stop it with'), 'the server is ready');
  const keyFile = join(desk.folder, 'data', 'owner.key');
  const key = (await readFile(keyFile, 'utf8')).trim();
  const other = desk.start('serve', '--data', 'other', '--port', '0', '--json');
  await until(() => other.stdout().includes('\n'), 'the other one is ready');
  expect(JSON.parse(other.stdout()).keyFile).toBe(join(desk.folder, 'other', 'owner.key'));

  const unsure = await desk.quarry('stop');
  expect(unsure.exitCode).toBe(2);
  expect(unsure.stderr).toContain(`--data ${join(desk.folder, 'other')}`);
  const stopped = await desk.quarry('stop', '--data', 'data', '--json');
  expect(JSON.parse(stopped.stdout)).toMatchObject({ dataDir: join(desk.folder, 'data') });
  const { exitCode, stdout, stderr } = await server.ended;
  expect(exitCode).toBe(0);
  expect(stdout).toContain(`key   in ${keyFile}`);
  expect(stdout + stderr).not.toContain(key);
  expect((await desk.quarry('stop')).exitCode).toBe(0);
  expect((await other.ended).exitCode).toBe(0);
  const none = await desk.quarry('stop');
  expect(none.exitCode).toBe(4);
  expect(none.stderr).toContain('No server runs here');
});

test('a variable of ours that means nothing is told by name, without its value', async () => {
  await using desk = await openDesk();
  Object.assign(desk.environment, { QUARRY_TRUST_PROXIES: 'my-secret', QUARRY_TRUST_PROXY: 'true' });
  const server = desk.start('serve', '--data', 'data', '--port', '0', '--host', '0.0.0.0', '--json');
  await until(() => server.stdout().includes('\n'), 'the server is ready, since it trusts its proxy');
  await desk.quarry('stop');
  const { stderr } = await server.ended;
  expect(stderr).toContain('QUARRY_TRUST_PROXIES is no setting');
  expect(stderr).not.toContain('my-secret');
});

test('the server of an npx that is killed ends as well', async () => {
  await using desk = await openDesk();
  const npx = spawn(
    'npm',
    [
      'exec',
      '--offline',
      '--',
      'quarry',
      'serve',
      '--data',
      join(desk.folder, 'data'),
      '--port',
      '0',
      '--json',
    ],
    { cwd: ROOT, env: { ...process.env, ...desk.environment }, stdio: ['ignore', 'pipe', 'ignore'] },
  );
  await once(createInterface({ input: npx.stdout }), 'line');
  const { pid } = JSON.parse(await readFile(join(desk.folder, 'data', 'server.json'), 'utf8'));
  expect(isAlive(pid)).toBe(true);
  npx.kill('SIGKILL');
  await until(() => !isAlive(pid), 'the server has ended');
});
