/** What strangers do to the port of a job, and what dies when. */
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import type { SshAddress } from '@quarry/contract';
import { describe, expect, test } from 'vitest';
import { SSH_CONNECTIONS, SSH_LOGINS, SSH_SESSIONS_PER_CONNECTION } from '../../src/limits.ts';
import { ended, hasClients, SshUser } from '../../testing/ssh-clients.ts';
import { TestPlatform } from '../platform.ts';

const WAITS = 'touch ready; until [ -e leave ]; do sleep 0.05; done';

async function begin(user: SshUser) {
  const key = user.makeKey('mine');
  const platform = await new TestPlatform({
    sandbox: 'auto',
    ssh: { keys: [key.line], networks: [] },
  }).start();
  const { directory, runId } = platform.assign([WAITS]);
  const work = join(directory, 'home/work');
  await platform.until(() => existsSync(join(work, 'ready')));
  return { key, platform, directory, runId, work, address: await platform.sshAddress() };
}

/** Processes that serve the SSH connections of a cluster. */
function serversOf({ cluster }: TestPlatform): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const line = readFileSync(`/proc/${pid}/cmdline`, 'latin1');
        return line.includes('ssh/server/main.ts') && line.includes(cluster.directory);
      } catch {
        return false;
      }
    });
}

function openDescriptors(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

/** A connection that says nothing; resolves when it is open. */
function knock({ host, port }: SshAddress): Promise<Socket & { isClosed?: boolean }> {
  return new Promise((resolve, reject) => {
    const socket: Socket & { isClosed?: boolean } = connect(port, host, () => resolve(socket));
    socket.on('error', reject);
    socket.on('close', () => {
      socket.isClosed = true;
    });
    socket.resume();
  });
}

describe.skipIf(!hasClients)('with the clients of OpenSSH', () => {
  test('nothing is started for a job that nobody logs in to, and nothing listens when it has ended', async () => {
    using user = new SshUser();
    await using started = (await begin(user)).platform;
    expect(serversOf(started)).toEqual([]);
    const address = await started.sshAddress();
    started.done = true;
    started.stop = 'force';
    started.wake();
    await started.exited();
    await expect(knock(address)).rejects.toThrow(/ECONNREFUSED/);
  });

  test('a thousand connections at once leave agent and job as they are, and the owner gets in after them', async () => {
    using user = new SshUser();
    const { key, platform, runId, work, address } = await begin(user);
    await using _ending = platform;
    const before = openDescriptors(platform.agent!.pid!);
    const sockets = await Promise.all(Array.from({ length: 1000 }, () => knock(address)));
    await platform.until(() => sockets.filter(({ isClosed }) => !isClosed).length <= SSH_LOGINS);
    expect(sockets.filter(({ isClosed }) => !isClosed).length).toBeGreaterThan(0);
    for (const socket of sockets) {
      socket.destroy();
    }
    const login = async () => (await user.exec(address, key.path, 'touch work/leave')).code;
    let code = await login();
    while (code !== 0) {
      code = await login();
    }
    expect((await platform.finished(runId)).outcome).toBe('success');
    expect(existsSync(join(work, '../../home/work/leave'))).toBe(true);
    await platform.until(() => openDescriptors(platform.agent!.pid!) <= before + 8);
    expect(SSH_CONNECTIONS).toBeGreaterThan(SSH_LOGINS);
  });

  test('what is no SSH, and a login that does not come to an end, is cut off', {
    timeout: 60_000,
  }, async () => {
    using user = new SshUser();
    const { key, platform, address } = await begin(user);
    await using _ending = platform;
    const silent = await knock(address);
    const noise = await knock(address);
    noise.on('error', () => undefined).write('GET / HTTP/1.1\r\n\r\n'.repeat(1000));
    await platform.until(() => noise.isClosed === true);
    const endless = await knock(address);
    endless.on('error', () => undefined).write('SSH-2.0-endless\r\n');
    await platform.until(() => silent.isClosed === true && endless.isClosed === true, 40_000);
    expect(await user.exec(address, key.path, 'echo in')).toMatchObject({ stdout: 'in\n' });
  });

  test('many sessions of one connection share it, up to a bound, and all of their pipes go', async () => {
    using user = new SshUser();
    const { key, platform, directory, address } = await begin(user);
    await using _ending = platform;
    const control = join(user.directory, 'c');
    const master = user.start(address, key.path, ['-N', '-M', '-S', control]);
    await platform.until(() => existsSync(control));
    const sessions = Array.from({ length: SSH_SESSIONS_PER_CONNECTION + 4 }, () =>
      // A client that is refused a session would make a connection of its own.
      ended(user.start(address, key.path, ['-S', control, '-o', 'ProxyCommand=false', '\0sleep 3; echo in'])),
    );
    const codes = (await Promise.all(sessions)).map(({ code }) => code);
    expect(codes.filter((code) => code === 0)).toHaveLength(SSH_SESSIONS_PER_CONNECTION);
    master.kill();
    await platform.until(() => pipesOf(directory).length === 0);
  });

  test('the death of the process that serves connections ends its sessions, and the next login starts another', async () => {
    using user = new SshUser();
    const { key, platform, work, runId, address } = await begin(user);
    await using _ending = platform;
    const held = ended(
      user.start(address, key.path, [
        '\0exec 2> /dev/null; trap "touch work/hung-up; exit" HUP; touch work/in; while :; do sleep 0.05; done',
      ]),
      null,
    );
    await platform.until(() => existsSync(join(work, 'in')));
    const [server] = serversOf(platform);
    process.kill(server!, 'SIGKILL');
    expect((await held).code).toBe(255);
    await platform.until(() => existsSync(join(work, 'hung-up')));
    expect(await user.exec(address, key.path, 'echo again')).toMatchObject({ stdout: 'again\n' });
    expect(serversOf(platform)).not.toContain(server);
    await user.exec(address, key.path, 'touch work/leave');
    expect((await platform.finished(runId)).outcome).toBe('success');
  });

  test('a login on its way to a process that dies is served by the next one', async () => {
    using user = new SshUser();
    const { key, platform, address } = await begin(user);
    await using _ending = platform;
    expect(await user.exec(address, key.path, 'echo first')).toMatchObject({ stdout: 'first\n' });
    const [server] = serversOf(platform);
    process.kill(server!, 'SIGSTOP');
    const before = openDescriptors(platform.agent!.pid!);
    const login = user.exec(address, key.path, 'echo second');
    await platform.until(() => openDescriptors(platform.agent!.pid!) > before);
    // One that came later has been let in too, so that the first is on its way.
    const later = await knock(address);
    await platform.until(() => openDescriptors(platform.agent!.pid!) > before + 1);
    process.kill(server!, 'SIGKILL');
    expect(await login).toMatchObject({ code: 0, stdout: 'second\n' });
    later.destroy();
    await platform.until(() => openDescriptors(platform.agent!.pid!) <= before);
  });

  test('the death of the agent ends the process that serves connections and every session', async () => {
    using user = new SshUser();
    const { key, platform, work, address } = await begin(user);
    await using _ending = platform;
    const held = ended(user.start(address, key.path, ['\0touch work/in; sleep 296']), null);
    await platform.until(() => existsSync(join(work, 'in')));
    await platform.killAgent();
    expect((await held).code).toBe(255);
    await platform.until(() => serversOf(platform).length === 0);
    await platform.until(() => !commandLines().some((line) => line.startsWith('sleep\x00296')));
  });

  test('a session has nothing of the agent: no descriptors, no variables, no capabilities', async () => {
    using user = new SshUser();
    const { key, platform, address } = await begin(user);
    await using _ending = platform;
    const { stdout } = await user.exec(
      address,
      key.path,
      'ls -l /proc/self/fd | sed "s/.* -> //"; env | cut -d= -f1 | sort | tr "\\n" " "; grep -E "^(CapEff|CapPrm|NoNewPrivs|SigBlk)" /proc/self/status; unshare -Ur true; echo $?',
    );
    const lines = stdout.split('\n');
    expect(lines.filter((line) => line.includes('socket:'))).toEqual([]);
    expect(stdout).toMatch(/CapPrm:\t0+\n/);
    expect(stdout).toMatch(/CapEff:\t0+\n/);
    expect(stdout).toMatch(/SigBlk:\t0+\n/);
    expect(stdout).toMatch(/NoNewPrivs:\t1\n/);
    expect(stdout).not.toMatch(/NODE_|SECRET/);
    expect(readlinkSync(`/proc/${platform.agent!.pid}/exe`)).toContain('node');
  });
});

function pipesOf(directory: string): string[] {
  return readdirSync(join(directory, '../../pipes/1')).filter((name) => name.startsWith('ssh-'));
}

function commandLines(): string[] {
  return readdirSync('/proc').flatMap((pid) => {
    try {
      return /^\d+$/.test(pid) ? [readFileSync(`/proc/${pid}/cmdline`, 'latin1')] : [];
    } catch {
      return [];
    }
  });
}
