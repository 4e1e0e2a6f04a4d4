/** Terminals and copies: what people do who have logged in, by Debian's clients. */
import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SshAddress } from '@quarry/contract';
import ssh2, { type ClientChannel } from 'ssh2';
import { describe, expect, test } from 'vitest';
import { probeSandbox } from '../../src/sandbox/probe.ts';
import { ended, hasClients, hasProgram, SshUser } from '../../testing/ssh-clients.ts';
import { TestPlatform } from '../platform.ts';

const probe = await probeSandbox();
const KINDS = [
  ['without a sandbox', 'off', true],
  ['in the sandbox', 'auto', probe.available],
] as const;
const hasSftp = existsSync('/usr/lib/openssh/sftp-server');

interface Logged extends AsyncDisposable {
  user: SshUser;
  key: { line: string; path: string };
  platform: TestPlatform;
  address: SshAddress;
  /** The work directory of the run, as the host has it. */
  work: string;
  runId: string;
}

/** A run that waits, and somebody who may log in to it. */
async function logInto(sandbox: 'off' | 'auto'): Promise<Logged> {
  const user = new SshUser();
  const key = user.makeKey('mine');
  const platform = await new TestPlatform({ sandbox, ssh: { keys: [key.line], networks: [] } }).start();
  const { directory, runId } = platform.assign(['touch ready; until [ -e leave ]; do sleep 0.05; done']);
  const work = join(directory, 'home/work');
  await platform.until(() => existsSync(join(work, 'ready')));
  return {
    ...{ user, key, platform, work, runId, address: await platform.sshAddress() },
    async [Symbol.asyncDispose]() {
      await platform[Symbol.asyncDispose]();
      user[Symbol.dispose]();
    },
  };
}

describe.skipIf(!hasClients)('with the clients of OpenSSH', () => {
  describe.each(KINDS.filter(([, , isThere]) => isThere))('%s', (_name, sandbox) => {
    test('a shell has a terminal of its own with a size, a prompt, signals by keys and an exit code', async () => {
      await using logged = await logInto(sandbox);
      const { user, key, address } = logged;
      const shell = user.start(address, key.path, ['-tt']);
      const said = ended(shell, null);
      const shown = collect(shell);
      const type = async (text: string, until: RegExp) => {
        shell.stdin!.write(text);
        await logged.platform.until(() => until.test(shown()));
      };
      await type('stty -echo; tty; stty size; echo "$TERM $-"; pwd\n', /home\r\n/);
      expect(shown()).toMatch(/\/dev\/pts\/\d+\r\n24 80\r\nxterm-256color \S*i/);
      await type('echo beg""ins; sleep 298\n', /begins\r\n/);
      await logged.platform.until(() => processCount('sleep\x00298') === 1);
      shell.stdin!.write('\u0003');
      await logged.platform.until(() => processCount('sleep\x00298') === 0);
      await type('echo interrupted-$?\n', /interrupted-130\r\n/);
      shell.stdin!.write('exit 9\n');
      expect((await said).code).toBe(9);
    });

    test('a terminal follows the size of the window', async () => {
      await using logged = await logInto(sandbox);
      const { key, address } = logged;
      const client = new ssh2.Client();
      client.connect({ ...address, privateKey: readFileSync(key.path) });
      await once(client, 'ready');
      const size = { cols: 100, rows: 30, term: 'vt100' };
      const stream = await new Promise<ClientChannel>((resolve, reject) => {
        client.exec('stty size; read; stty size; echo $TERM', { pty: size }, (error, opened) =>
          error ? reject(error) : resolve(opened),
        );
      });
      let shown = '';
      stream.setEncoding('utf8').on('data', (text: string) => {
        shown += text;
      });
      await logged.platform.until(() => shown.includes('30 100\r\n'));
      stream.setWindow(50, 200, 0, 0);
      stream.write('\n');
      await once(stream, 'close');
      expect(shown).toMatch(/50 200\r\nvt100\r\n$/);
      client.end();
    });

    test('a command that prints without end to somebody who does not read can be interrupted by its terminal', async () => {
      await using logged = await logInto(sandbox);
      const { user, key, address, work } = logged;
      const child = user.start(address, key.path, ['-tt', '\0trap "touch work/told; exit 3" INT; yes']);
      const closed = once(child, 'close');
      child.stdout!.pause();
      await logged.platform.until(() => processCount('yes\0') > 0);
      child.stdin!.write('\u0003');
      await logged.platform.until(() => existsSync(join(work, 'told')));
      child.stdout!.resume();
      expect(await closed).toEqual([3, null]);
    });

    test('who goes takes along what was started, unless that stays on purpose', async () => {
      await using logged = await logInto(sandbox);
      const { user, key, address, work, platform } = logged;
      for (const flags of [[], ['-tt']]) {
        const child = user.start(address, key.path, [
          ...flags,
          '\0exec 2> /dev/null; trap "echo hung-up >> work/ended; exit" HUP; touch work/there; while :; do sleep 0.05; done',
        ]);
        await platform.until(() => existsSync(join(work, 'there')));
        child.kill('SIGKILL');
        const count = flags.length + 1;
        await platform.until(
          () =>
            existsSync(join(work, 'ended')) &&
            readFileSync(join(work, 'ended'), 'utf8').split('\n').length > count,
        );
        await user.exec(address, key.path, 'rm work/there');
      }
      expect(
        await user.exec(address, key.path, 'nohup sleep 297 < /dev/null > /dev/null 2>&1 &'),
      ).toMatchObject({ code: 0 });
      await platform.until(() => processCount('sleep\x00297') === 1);
      await user.exec(address, key.path, 'touch work/leave');
      await platform.finished(logged.runId);
      // Without a sandbox it has got SIGKILL by then, and is gone when the kernel comes to it.
      await platform.until(() => processCount('sleep\x00297') === 0);
    });

    test.skipIf(!hasSftp)(
      'scp copies both ways in both protocols, and sftp lists, renames, links and removes',
      async () => {
        await using logged = await logInto(sandbox);
        const { user, key, address, work } = logged;
        const bytes = randomBytes(3_000_000);
        writeFileSync(join(user.directory, 'up.bin'), bytes);
        const there = `${address.username}@${address.host}:`;
        for (const [protocol, flags] of Object.entries({ sftp: ['-s'], scp: ['-O'] })) {
          const up = await user.copy('scp', address, key.path, [
            ...flags,
            'up.bin',
            `${there}work/${protocol}.bin`,
          ]);
          expect(up).toMatchObject({ code: 0, stderr: '' });
          expect(readFileSync(join(work, `${protocol}.bin`)).equals(bytes)).toBe(true);
          await user.copy('scp', address, key.path, [
            ...flags,
            `${there}work/${protocol}.bin`,
            `down-${protocol}`,
          ]);
          expect(readFileSync(join(user.directory, `down-${protocol}`)).equals(bytes)).toBe(true);
        }
        const script = [
          'cd work',
          'mkdir made',
          'put up.bin made/a',
          'rename made/a made/b',
          'ln -s b made/link',
          'ls -1 made',
          'rm scp.bin',
          'chmod 600 made/b',
          'df',
          'bye',
        ];
        const session = await user.copy(
          'sftp',
          address,
          key.path,
          ['-b', '-', `${address.username}@${address.host}`],
          `${script.join('\n')}\n`,
        );
        expect(session).toMatchObject({ code: 0 });
        expect(session.stdout).toMatch(/made\/b\s*\nmade\/link/);
        expect(readdirSync(join(work, 'made')).sort()).toEqual(['b', 'link']);
        expect(existsSync(join(work, 'scp.bin'))).toBe(false);
        if (sandbox === 'auto') {
          // What the sandbox does not show, sftp does not.
          const outside = await user.copy('scp', address, key.path, [
            `${there}${logged.platform.cluster.directory}/cluster.json`,
            'stolen',
          ]);
          expect([outside.code, existsSync(join(user.directory, 'stolen'))]).toEqual([1, false]);
        }
      },
    );

    test.skipIf(!hasProgram('rsync'))('rsync brings a tree over, and nothing the second time', async () => {
      await using logged = await logInto(sandbox);
      const { user, key, address, work } = logged;
      mkdirSync(join(user.directory, 'tree/deep'), { recursive: true });
      for (let index = 0; index < 100; index += 1) {
        writeFileSync(join(user.directory, 'tree/deep', `${index}.dat`), randomBytes(2000));
      }
      const line = ['-a', '--stats', 'tree', `${address.username}@${address.host}:work/`];
      expect((await user.copy('rsync', address, key.path, line)).stdout).toMatch(/files transferred: 100\n/);
      expect((await user.copy('rsync', address, key.path, line)).stdout).toMatch(/files transferred: 0\n/);
      expect(
        readFileSync(join(work, 'tree/deep/7.dat')).equals(
          readFileSync(join(user.directory, 'tree/deep/7.dat')),
        ),
      ).toBe(true);
    });
  });
});

/** What a program has said so far. */
function collect(child: ChildProcess): () => string {
  let text = '';
  child.stdout!.on('data', (chunk: string) => {
    text += chunk;
  });
  return () => text;
}

/** Processes of the host whose command line begins with this. */
function processCount(line: string): number {
  return readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, 'latin1').startsWith(line);
    } catch {
      return false;
    }
  }).length;
}
