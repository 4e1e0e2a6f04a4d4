import { existsSync } from 'node:fs';
import { chmod, copyFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { hasClients, SshUser } from '@quarry/agent/testing/ssh-clients';
import { describe, expect, test } from 'vitest';
import { startPlatform } from '../packages/server/testing/start-platform.ts';
import { openDesk } from './cli-harness.ts';

/** Serves its residual to whoever connects. */
const WAITS = `echo 0.5 > residual; perl -MIO::Socket::IP -e '$s = IO::Socket::IP->new(Listen => 5, LocalAddr => "127.0.0.1"); open F, ">port"; print F $s->sockport; close F; $| = 1; print "ready\\n"; while ($c = $s->accept) { print $c "residual 0.5"; close $c }'`;

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
    const inside = await desk.quarry('jobs', 'ssh', id, '-i', 'desk', 'tail', '-q', '-n', '1', 'work/port');
    expect(inside.exitCode).toBe(0);

    const here = join(desk.folder, 'here');
    const forwarded = desk.quarry(
      ...['jobs', 'ssh', id, '-i', 'desk', '-L', `${here}:localhost:${inside.stdout}`],
      'until [ -e work/seen ]; do sleep 0.05; done',
    );
    await until(() => existsSync(here));
    expect(await text(connect(here))).toBe('residual 0.5');
    await desk.quarry('jobs', 'ssh', id, '-i', 'desk', 'touch', 'work/seen');
    expect((await forwarded).exitCode).toBe(0);
    const alone = await desk.quarry('jobs', 'ssh', id, '-N');
    expect([alone.exitCode, alone.stderr]).toEqual([2, expect.stringContaining('goes with --forward')]);

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

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) {
    await sleep(20);
  }
}
