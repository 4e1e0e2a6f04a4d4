import { chmod, copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hasClients, SshUser } from '@quarry/agent/testing/ssh-clients';
import { describe, expect, test } from 'vitest';
import { startPlatform } from '../packages/server/testing/start-platform.ts';
import { openDesk } from './cli-harness.ts';

const WAITS = 'echo 0.5 > residual; echo ready; sleep 300';

describe.skipIf(!hasClients)('with the clients of OpenSSH', () => {
  test('a key is added, logs in to a running job, and is taken away', { timeout: 60_000 }, async () => {
    using user = new SshUser();
    const key = user.makeKey('desk');
    await using platform = await startPlatform({ cores: 2, environment: { QUARRY_SSH_PORTS: '0' } });
    await using desk = await openDesk(platform);
    await copyFile(key.path, join(desk.folder, 'desk'));
    await chmod(join(desk.folder, 'desk'), 0o600);
    await copyFile(`${key.path}.pub`, join(desk.folder, 'desk.pub'));

    const secret = await desk.quarry('ssh-keys', 'add', 'desk');
    expect([secret.exitCode, secret.stderr]).toEqual([2, expect.stringContaining('desk is a private key')]);
    expect((await desk.quarry('ssh-keys', 'add', 'desk.pub')).stdout).toMatch(
      /let in one key:\n {2}SHA256:\S+ desk@test\n/,
    );
    const [listed] = JSON.parse((await desk.quarry('ssh-keys', 'list', '--json')).stdout);
    expect(listed).toMatchObject({ publicKey: key.line, comment: 'desk@test' });

    const submitted = await desk.quarry(
      'jobs',
      'submit',
      '--command',
      WAITS,
      '--name',
      'Wing',
      '--quiet',
      '--json',
    );
    const { id } = JSON.parse(submitted.stdout);
    await platformPrinted(desk, id);
    const told = JSON.parse((await desk.quarry('jobs', 'ssh', id, '--json')).stdout);
    expect(told).toMatchObject({ host: '127.0.0.1', reason: null });
    const ran = await desk.quarry(
      'jobs',
      'ssh',
      id,
      '-i',
      'desk',
      '--',
      'cat work/residual; echo apart >&2; exit 3',
    );
    expect(ran).toEqual({ exitCode: 3, stdout: '0.5\n', stderr: 'apart\n' });

    await desk.quarry('ssh-keys', 'rm', listed.fingerprint);
    expect((await desk.quarry('ssh-keys', 'list')).stdout).not.toContain('SHA256');
    const again = await desk.quarry('ssh-keys', 'rm', listed.fingerprint);
    expect([again.exitCode, again.stderr]).toEqual([
      5,
      expect.stringContaining('no SSH key with the fingerprint'),
    ]);
    await desk.quarry('jobs', 'stop', id);
    await desk.quarry('jobs', 'watch', id, '--quiet');
    const late = await desk.quarry('jobs', 'ssh', id);
    expect([late.exitCode, late.stderr]).toEqual([5, expect.stringContaining('The job has ended')]);
  });
});

async function platformPrinted(desk: Awaited<ReturnType<typeof openDesk>>, id: string): Promise<void> {
  for (;;) {
    const { stdout } = await desk.quarry('jobs', 'logs', id);
    if (stdout.includes('ready')) {
      return;
    }
  }
}
