import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { probeSandbox } from '../../src/sandbox/probe.ts';
import { perlWithoutNamespaces } from '../../testing/perl-without-namespaces.ts';
import { ended, hasClients, SshUser } from '../../testing/ssh-clients.ts';
import { type PlatformOptions, TestPlatform } from '../platform.ts';

const probe = await probeSandbox();
const KINDS = [
  ['without a sandbox', 'off', true],
  ['in the sandbox', 'auto', probe.available],
  ['in a sandbox for each command', 'auto', probe.isStaying],
] as const;

/** Somebody's job, on a host that does not let a sandbox make namespaces where the way says so. */
function open(way: string, options: PlatformOptions): Promise<TestPlatform> {
  const platform = new TestPlatform(options);
  if (way === 'in a sandbox for each command') {
    platform.agentEnvironment = { PATH: perlWithoutNamespaces(platform.directory) };
  }
  return platform.start();
}

/** A run that waits to be looked at. */
const WAITS =
  'echo of-the-run > mine; touch ready; until [ -e leave ]; do sleep 0.05; done; cat said 2>/dev/null; true';

describe.skipIf(!hasClients)('with the clients of OpenSSH', () => {
  describe.each(KINDS.filter(([, , isThere]) => isThere))('%s', (way, sandbox) => {
    test('a command sees the files and processes of the run, and its exit code, output and errors come back', async () => {
      using user = new SshUser();
      const key = user.makeKey('mine');
      await using platform = await open(way, { sandbox, ssh: { keys: [key.line], networks: [] } });
      const { directory, runId } = platform.assign([WAITS]);
      await platform.until(() => existsSync(join(directory, 'home/work/ready')));
      const address = await platform.sshAddress();
      expect(address).toMatchObject({
        host: '127.0.0.1',
        hostKey: expect.stringMatching(/^ssh-ed25519 AAAA/),
      });

      const looked = await user.exec(
        address,
        key.path,
        'pwd; cat work/mine; echo "$QUARRY_RUN_ID $USER"; echo wrong >&2; exit 7',
      );
      expect(looked).toEqual({
        ...{ code: 7, signal: null, stderr: 'wrong\n' },
        stdout: `${directory}/home\nof-the-run\n${runId} ${address.username}\n`,
      });
      const processes = await user.exec(
        address,
        key.path,
        "pgrep -f 'echo of-the-ru[n]' | xargs -I% cat /proc/%/environ",
      );
      expect(processes.stdout).toContain(`QUARRY_RUN_ID=${runId}\0`);
      const killed = await user.exec(address, key.path, 'kill -TERM $$; sleep 10');
      expect(killed.code).toBe(255);
      const piped = await user.exec(address, key.path, 'cat > work/said; wc -c < work/said', {
        input: 'x'.repeat(300_000),
      });
      expect(piped.stdout.trim()).toBe('300000');

      await user.exec(address, key.path, 'touch work/leave');
      const finished = await platform.finished(runId);
      expect(finished.outcome).toBe('success');
      expect(finished.outputs.map(({ relativePath }) => relativePath)).toEqual(
        expect.arrayContaining(['leave', 'mine', 'said']),
      );
      expect(readFileSync(join(directory, 'process_output.log'), 'utf8')).toContain('xxx');
    });

    test('a session and all that it started end with the command, before outputs are collected', async () => {
      using user = new SshUser();
      const key = user.makeKey('mine');
      await using platform = await open(way, { sandbox, ssh: { keys: [key.line], networks: [] } });
      const { directory, runId } = platform.assign([WAITS]);
      await platform.until(() => existsSync(join(directory, 'home/work/ready')));
      const address = await platform.sshAddress();
      const stays = [
        'setsid -f sh -c "while :; do date +%N > work/late; done" < /dev/null > /dev/null 2>&1',
        'until [ -s work/late ]; do sleep 0.01; done; touch work/leave; trap "" HUP TERM; sleep 300',
      ].join('\n');
      const left = await user.exec(address, key.path, stays);
      expect(left).toMatchObject({ code: 255, stderr: expect.stringContaining('The session was killed.') });
      const { outputs } = await platform.finished(runId);
      const late = outputs.find(({ relativePath }) => relativePath === 'late')!;
      expect(readFileSync(late.path).length).toBe(late.sizeBytes);
      expect(processesNaming('work/late')).toEqual([]);
      // Nothing is executed any more: a login says so.
      const tooLate = await user.exec(address, key.path, 'true');
      expect(tooLate).toMatchObject({
        code: 255,
        stderr: expect.stringContaining('executes no command at the moment'),
      });
    });

    test('a session does not keep a run that is being stopped', async () => {
      using user = new SshUser();
      const key = user.makeKey('mine');
      await using platform = await open(way, {
        ...{ sandbox, ssh: { keys: [key.line], networks: [] }, limits: { stopGraceSeconds: 600 } },
      });
      const { directory, runId } = platform.assign([WAITS]);
      await platform.until(() => existsSync(join(directory, 'home/work/ready')));
      const stays = ended(
        user.start(await platform.sshAddress(), key.path, [
          '\0trap "" TERM HUP; echo here; touch work/logged-in; sleep 500',
        ]),
      );
      await platform.until(() => existsSync(join(directory, 'home/work/logged-in')));
      platform.stop = 'graceful';
      platform.wake();
      expect((await platform.finished(runId)).outcome).toBe('stopped');
      expect((await stays).stdout).toBe('here\n');
    });
  });

  test('a session ends in words between two steps of a run, and the next login is beside the next step', async () => {
    using user = new SshUser();
    const key = user.makeKey('mine');
    const options: PlatformOptions = { sandbox: 'auto', ssh: { keys: [key.line], networks: [] } };
    await using platform = await new TestPlatform(options).start();
    const { directory, runId } = platform.assign([
      WAITS,
      'touch second; until [ -e end ]; do sleep 0.05; done',
    ]);
    await platform.until(() => existsSync(join(directory, 'home/work/ready')));
    const address = await platform.sshAddress();
    const first = await user.exec(address, key.path, 'touch work/leave; exec sleep 295');
    expect(first).toMatchObject({ code: 255, stderr: expect.stringContaining('takes another login') });
    await platform.until(() => existsSync(join(directory, 'home/work/second')));
    const second = await user.exec(address, key.path, 'cat work/mine; touch work/end');
    expect(second).toMatchObject({ code: 0, stdout: 'of-the-run\n' });
    expect((await platform.finished(runId)).outcome).toBe('success');
  });

  test.skipIf(!probe.isStaying)(
    'shared memory of a run is seen by a session, and ends with the run',
    async () => {
      using user = new SshUser();
      const key = user.makeKey('mine');
      await using platform = await new TestPlatform({
        sandbox: 'auto',
        ssh: { keys: [key.line], networks: [] },
      }).start();
      const { directory, runId } = platform.assign([`ipcmk -M 1048576; ${WAITS}`]);
      await platform.until(() => existsSync(join(directory, 'home/work/ready')));
      const seen = await user.exec(
        await platform.sshAddress(),
        key.path,
        'ipcs -m | grep -c 1048576; touch work/leave',
      );
      expect(seen.stdout).toBe('1\n');
      await platform.finished(runId);
      const next = await platform.run(['ipcs -m | grep -c 1048576']);
      expect(next.log).toMatch(/ 0\n/);
    },
  );

  test('keys of each sort let in, and nobody and nothing else is', async () => {
    using user = new SshUser();
    const keys = [user.makeKey('ed'), user.makeKey('rsa', 'rsa', 2048), user.makeKey('ec', 'ecdsa', 384)];
    const foreign = user.makeKey('foreign');
    await using platform = await new TestPlatform({
      sandbox: 'auto',
      ssh: { keys: keys.map(({ line }) => line), networks: [] },
    }).start();
    const { directory } = platform.assign([WAITS]);
    await platform.until(() => existsSync(join(directory, 'home/work/ready')));
    const address = await platform.sshAddress();
    for (const { path } of keys) {
      expect(await user.exec(address, path, 'echo in')).toMatchObject({ code: 0, stdout: 'in\n' });
    }
    const refused = {
      code: 255,
      stdout: '',
      stderr: expect.stringContaining('Permission denied (publickey)'),
    };
    expect(await user.exec(address, foreign.path, 'echo in')).toMatchObject(refused);
    expect(await user.exec(address, keys[0]!.path, 'echo in', { user: 'root2' })).toMatchObject(refused);
    const password = ['-o', 'PreferredAuthentications=password,keyboard-interactive'];
    expect(await user.exec(address, keys[0]!.path, 'echo in', { flags: password })).toMatchObject(refused);
    const sha1 = ['-o', 'PubkeyAcceptedAlgorithms=ssh-rsa'];
    expect(await user.exec(address, keys[1]!.path, 'echo in', { flags: sha1 })).toMatchObject(refused);

    const forwarded = await user.exec(address, keys[0]!.path, 'echo "[$SSH_AUTH_SOCK$DISPLAY]"', {
      flags: ['-A', '-X'],
    });
    expect(forwarded.stdout).toBe('[]\n');
    const remote = await user.exec(address, keys[0]!.path, 'echo in', {
      flags: ['-R', '0:127.0.0.1:1', '-o', 'ExitOnForwardFailure=yes'],
    });
    expect(remote.code).toBe(255);
    const local = await user.exec(address, keys[0]!.path, null, {
      flags: ['-W', `127.0.0.1:${address.port}`],
    });
    expect(local).toMatchObject({ code: 255, stderr: expect.stringContaining('forwarding failed') });

    // What the server says now counts, and what it said last while it is away.
    platform.sshAccess = { keys: [foreign.line], networks: [] };
    expect(
      await retried(
        () => user.exec(address, foreign.path, 'echo in'),
        ({ code }) => code === 0,
      ),
    ).toMatchObject({ stdout: 'in\n' });
    expect(await user.exec(address, keys[0]!.path, 'echo in')).toMatchObject(refused);
    await platform.unlisten();
    expect(await user.exec(address, foreign.path, 'echo in')).toMatchObject({ code: 0 });
    await platform.listen();
    platform.sshAccess = { keys: [foreign.line], networks: ['10.0.0.0/8'] };
    const outside = await retried(
      () => user.exec(address, foreign.path, 'echo in'),
      ({ code }) => code !== 0,
    );
    expect(outside.stdout).toBe('');
  });

  test('the host key of a cluster stays, is for its owner only, and is another one in each cluster', async () => {
    using user = new SshUser();
    const ssh = { keys: [user.makeKey('mine').line], networks: [] };
    await using platform = await new TestPlatform({ ssh }).start();
    const first = await platform.sshAddress();
    const path = join(platform.cluster.directory, 'ssh_host_key');
    expect(statSync(path).mode & 0o777).toBe(0o600);
    await platform.killAgent();
    platform.startAgent();
    expect((await platform.sshAddress()).hostKey).toBe(first.hostKey);
    await using other = await new TestPlatform({ ssh }).start();
    expect((await other.sshAddress()).hostKey).not.toBe(first.hostKey);
  });

  test('where no port is free the job runs all the same, and says why nobody can log in', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo;
    await using platform = new TestPlatform({ ssh: { keys: [], networks: [] } });
    platform.cluster.ssh = { ...platform.cluster.ssh!, firstPort: port, lastPort: port };
    await platform.start();
    expect((await platform.run(['echo works'])).outcome).toBe('success');
    expect(platform.events[0]).toMatchObject({
      ssh: null,
      sshProblem: expect.stringMatching(/all ports .* are taken/),
    });
    taken.close();
  });
});

/** Repeats what the agent may still answer by what it knew. */
async function retried<Value>(work: () => Promise<Value>, isDone: (value: Value) => boolean): Promise<Value> {
  for (let tries = 0; ; tries += 1) {
    const value = await work();
    if (isDone(value) || tries > 20) {
      return value;
    }
    await sleep(200);
  }
}

/** Processes of the host whose command line has this text. */
function processesNaming(text: string): string[] {
  return readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes(text);
    } catch {
      return false;
    }
  });
}
