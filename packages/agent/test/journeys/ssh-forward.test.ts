/** Ports of a job, as people reach them through a login. */
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { SshAddress } from '@quarry/contract';
import ssh2, { type ClientChannel } from 'ssh2';
import { describe, expect, test } from 'vitest';
import { SSH_FORWARDS_PER_CONNECTION } from '../../src/limits.ts';
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

/** Answers each connection, when it has said all, with the same in capitals; the file tells its port when it can be connected to. */
const server = (address: string, file: string) =>
  `perl -MIO::Socket::IP -e '$s = IO::Socket::IP->new(Listen => 64, LocalAddr => "${address}") or die $@; ` +
  `open F, ">", "${file}.new"; print F $s->sockport; close F; rename "${file}.new", "${file}"; ` +
  "while ($c = $s->accept) { if (fork) { close $c; next } local $/; $t = <$c>; print $c uc $t; exit }'";
const SERVES = `${server('127.0.0.1', 'port')} & until [ -e leave ]; do sleep 0.05; done`;

interface Logged extends AsyncDisposable {
  user: SshUser;
  key: { line: string; path: string };
  platform: TestPlatform;
  address: SshAddress;
  work: string;
  runId: string;
}

async function logInto(options: PlatformOptions, command = SERVES, prepare = (_: TestPlatform) => {}) {
  const user = new SshUser();
  const key = user.makeKey('mine');
  const platform = new TestPlatform({ ...options, ssh: { keys: [key.line], networks: [] } });
  prepare(platform);
  await platform.start();
  const { directory, runId } = platform.assign([command]);
  const work = join(directory, 'home/work');
  await platform.until(() => existsSync(join(work, 'port')));
  return {
    ...{ user, key, platform, work, runId, address: await platform.sshAddress() },
    async [Symbol.asyncDispose]() {
      await platform[Symbol.asyncDispose]();
      user[Symbol.dispose]();
    },
  } satisfies Logged;
}

const portIn = ({ work }: Logged, file = 'port') => Number(readFileSync(join(work, file), 'utf8'));

/** What a port answers to some bytes, and what the client says when it is refused. */
function ask({ user, key, address }: Logged, target: string, input = 'hello') {
  return user.exec(address, key.path, null, { flags: ['-v', '-W', target], input });
}

const refusedWith = (words: RegExp) => ({ code: 255, stdout: '', stderr: expect.stringMatching(words) });

describe.skipIf(!hasClients)('with the clients of OpenSSH', () => {
  describe.each(KINDS.filter(([, , isThere]) => isThere))('%s', (way, sandbox) => {
    const open = (command?: string) =>
      logInto({ sandbox }, command, (platform) => {
        if (way === 'in a sandbox for each command') {
          platform.agentEnvironment = { PATH: perlWithoutNamespaces(platform.directory) };
        }
      });

    test('a port of the run is reached, and each side can end what it says', async () => {
      await using logged = await open();
      const { user, key, address, platform, work, runId } = logged;
      const port = portIn(logged);
      expect(await ask(logged, `127.0.0.1:${port}`)).toMatchObject({ code: 0, stdout: 'HELLO' });
      const much = 'x'.repeat(3_000_000);
      expect((await ask(logged, `localhost:${port}`, much)).stdout).toBe(much.toUpperCase());

      const socket = join(user.directory, 'socket');
      const forwarding = user.start(address, key.path, ['-N', '-L', `${socket}:localhost:${port}`]);
      const over = ended(forwarding, null);
      await platform.until(() => existsSync(socket));
      const answers = ['one', 'two'].map((words) => text(connect(socket).end(words)));
      expect(await Promise.all(answers)).toEqual(['ONE', 'TWO']);

      // One that is open does not keep the run, and ends with it.
      const held = connect(socket);
      held.write('held');
      const closed = once(held.resume(), 'close');
      await user.exec(address, key.path, 'touch work/leave');
      expect((await platform.finished(runId)).outcome).toBe('success');
      await closed;
      forwarding.kill();
      await over;
      expect(existsSync(join(work, 'leave'))).toBe(true);
    });

    test('what no process of the job listens on is refused in words', async () => {
      await using logged = await open();
      const { address } = logged;
      await using other = await logInto({ sandbox });
      const ours = createServer((socket) => socket.end('of the host')).listen(0, '127.0.0.1');
      await once(ours, 'listening');
      for (const port of [(ours.address() as AddressInfo).port, address.port, portIn(other), 1]) {
        const words = new RegExp(`No process of this job listens on port ${port} of 127.0.0.1`);
        expect(await ask(logged, `127.0.0.1:${port}`)).toMatchObject(refusedWith(words));
      }
      ours.close();
      for (const host of ['10.0.0.1', '0.0.0.0', 'files.example', 'constructor']) {
        expect(await ask(logged, `${host}:${portIn(logged)}`)).toMatchObject(
          refusedWith(new RegExp(`Connections go to localhost, in the job, and not to ${host}`)),
        );
      }
      expect((await ask(logged, `localhost:${portIn(logged)}`)).stdout).toBe('HELLO');
    });

    test('it does not matter who has opened the port, so long as somebody in the run has it', async () => {
      // The one that has opened it is gone by then, and another one was never of the command.
      await using logged = await open(
        `perl -MIO::Socket::IP -e '$s = IO::Socket::IP->new(Listen => 1, LocalAddr => "127.0.0.1"); $^F = 99; if (fork) { exit } ` +
          `fcntl $s, 2, 0; exec "perl", "-e", q{open $s, "+<&=", shift; open F, ">port"; print F shift; close F; ` +
          `while (accept $c, $s) { print $c "passed on"; close $c }}, fileno $s, $s->sockport'; ` +
          'until [ -e leave ]; do sleep 0.05; done',
      );
      const { user, key, address, platform, work } = logged;
      await platform.until(() => readFileSync(join(work, 'port'), 'utf8') !== '');
      expect((await ask(logged, `localhost:${portIn(logged)}`)).stdout).toBe('passed on');
      const session = ended(
        user.start(address, key.path, [`\0cd work; ${server('127.0.0.1', 'of-session')}`]),
        null,
      );
      await platform.until(() => existsSync(join(work, 'of-session')));
      expect((await ask(logged, `localhost:${portIn(logged, 'of-session')}`)).stdout).toBe('HELLO');
      await user.exec(address, key.path, 'touch work/leave');
      await session;
    });
  });

  test('a port of IPv6 and one of all addresses are reached by the names that come to them', async () => {
    await using logged = await logInto(
      { sandbox: 'auto' },
      `${server('::1', 'six')} & ${server('0.0.0.0', 'all')} & until [ -e six ] && [ -e all ]; do sleep 0.01; done; ${SERVES}`,
    );
    const [six, all] = [portIn(logged, 'six'), portIn(logged, 'all')];
    expect((await ask(logged, `[::1]:${six}`)).stdout).toBe('HELLO');
    expect((await ask(logged, `localhost:${six}`)).stdout).toBe('HELLO');
    expect((await ask(logged, `127.0.0.1:${all}`)).stdout).toBe('HELLO');
    expect(await ask(logged, `127.0.0.1:${six}`)).toMatchObject(refusedWith(/No process of this job/));
  });

  test.skipIf(!probe.available)('in a sandbox without a network, ports are those inside', async () => {
    await using logged = await logInto({ sandbox: 'auto' }, SERVES, (platform) => {
      platform.cluster.sandbox.network = 'none';
    });
    expect((await ask(logged, `localhost:${portIn(logged)}`)).stdout).toBe('HELLO');
    expect(await ask(logged, `localhost:${logged.address.port}`)).toMatchObject(
      refusedWith(/No process of this job/),
    );
  });

  test('ports of the other direction and sockets are refused, and so is one connection too many', async () => {
    await using logged = await logInto({ sandbox: 'auto' });
    const { user, key, address } = logged;
    const remote = await user.exec(address, key.path, 'echo in', {
      flags: ['-R', '0:127.0.0.1:1', '-o', 'ExitOnForwardFailure=yes'],
    });
    expect(remote.code).toBe(255);
    const dynamic = await user.exec(address, key.path, 'echo in', {
      flags: ['-R', '0', '-o', 'ExitOnForwardFailure=yes'],
    });
    expect(dynamic.code).toBe(255);

    const client = new ssh2.Client();
    client.connect({ ...address, privateKey: readFileSync(key.path), strictVendor: false });
    await once(client, 'ready');
    const forward = (port: number) =>
      new Promise<ClientChannel | Error>((resolve) => {
        client.forwardOut('127.0.0.1', 1, 'localhost', port, (error, channel) => resolve(error ?? channel));
      });
    const socket = await new Promise((resolve) => {
      client.openssh_forwardOutStreamLocal('/run/some.sock', (error) => resolve(error));
    });
    expect(String(socket)).toContain('and nothing else');
    const opened = await Promise.all(
      Array.from({ length: SSH_FORWARDS_PER_CONNECTION + 1 }, () => forward(portIn(logged))),
    );
    const refused = opened.filter((each) => each instanceof Error);
    expect(refused.map(String)).toEqual([
      expect.stringContaining('32 forwarded connections in this login: end one first'),
    ]);
    // One that ends makes room for another.
    const first = opened.find((each): each is ClientChannel => !(each instanceof Error))!;
    first.end('again');
    expect(await text(first)).toBe('AGAIN');
    let another = await forward(portIn(logged));
    while (another instanceof Error) {
      another = await forward(portIn(logged));
    }
    client.end();
  });
});
