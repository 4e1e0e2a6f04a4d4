/** Open files that a command hands to somebody who is still there when nothing of its run is left. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { probeSandbox } from '../src/sandbox/probe.ts';
import { perlWithoutNamespaces } from '../testing/perl-without-namespaces.ts';
import { logTexts, type PlatformOptions, TestPlatform } from './platform.ts';

const { isStaying, sharesAbstractSockets } = await probeSandbox();

const KINDS = [
  { kind: 'in a sandbox that stays', isNested: true },
  { kind: 'in a sandbox for each command', isNested: false },
];

describe.skipIf(!isStaying).each(KINDS)('$kind', ({ isNested }) => {
  function platformWith(options: PlatformOptions = {}): TestPlatform {
    const platform = new TestPlatform({ sandbox: 'required', ...options });
    platform.cluster.sandbox.hiddenPaths = [platform.directory];
    if (!isNested) {
      platform.agentEnvironment = { PATH: perlWithoutNamespaces(platform.directory) };
    }
    return platform;
  }

  test.skipIf(sharesAbstractSockets)(
    'a run reaches abstract sockets of its own, and none of another run or of the host',
    async () => {
      await using platform = await platformWith({ slots: 2 }).start();
      const name = platform.cluster.clusterId;
      const inputs = [platform.input('listen.py', LISTEN), platform.input('connect.py', CONNECT)];
      const onHost = spawn('python3', ['-u', '-c', LISTEN, `${name}-host`], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      try {
        expect(await firstWord(onHost)).toBe('listening');
        const listening = platform.assign([`python3 -u listen.py ${name}-run > said`], { inputs });
        const said = join(listening.directory, 'home', 'work', 'said');
        await platform.until(() => existsSync(said) && readFileSync(said, 'utf8') !== '');
        const run = await platform.run(
          [
            `python3 -u listen.py ${name}-own > said & until grep -q listening said; do sleep 0.05; done; for whose in host run own; do python3 connect.py ${name}-$whose; done`,
          ],
          { inputs },
        );
        expect(logTexts(run.log).filter((line) => line.startsWith('to '))).toEqual([
          `to ${name}-host: Operation not permitted`,
          `to ${name}-run: Operation not permitted`,
          `to ${name}-own: connected`,
        ]);
        platform.stopRuns = [listening.runId];
        platform.wake();
        await platform.finished(listening.runId);
      } finally {
        onHost.kill();
      }
    },
  );

  test('directories below each other can be linked and renamed into', async () => {
    await using platform = await platformWith().start();
    const run = await platform.run([
      'mkdir a b; echo x > a/x; mv a/x b/x; ln b/x a/y; ln -s ../b a/z; cat a/z/x a/y',
    ]);
    expect(run).toMatchObject({ outcome: 'success' });
  });
});

test.skipIf(!isStaying)(
  'whoever is given the root of a sandbox for each command sees nothing there that was hidden, when it is gone',
  async () => {
    const platform_ = new TestPlatform({ sandbox: 'required' });
    const secrets = join(platform_.directory, 'secrets');
    mkdirSync(secrets);
    writeFileSync(join(secrets, 'key'), 'the key');
    const shown = join(platform_.directory, 'shown');
    mkdirSync(shown);
    platform_.cluster.sandbox.hiddenPaths = [secrets];
    platform_.agentEnvironment = { PATH: perlWithoutNamespaces(platform_.directory) };
    await using platform = await platform_.start();
    const keeper = spawn(
      'python3',
      ['-u', '-c', KEEP, join(shown, 'socket'), join(secrets, 'key').slice(1)],
      {
        stdio: ['pipe', 'pipe', 'inherit'],
      },
    );
    try {
      expect(await firstWord(keeper)).toBe('listening');
      const run = await platform.run(
        [
          {
            command: `cat ${join(secrets, 'key')}; ls /usr/bin/env; python3 hand-on.py ${join(shown, 'socket')}`,
            visiblePaths: [shown],
          },
        ],
        { inputs: [platform.input('hand-on.py', HAND_ON)] },
      );
      expect(logTexts(run.log)).toContain('/usr/bin/env');
      expect(run.log).not.toContain('the key');
      expect(run).toMatchObject({ outcome: 'success' });
      const looked = firstWord(keeper);
      keeper.stdin!.write('look\n');
      expect(await looked).toBe('nothing');
    } finally {
      keeper.kill();
    }
  },
);

const LISTEN = `import socket, sys, time
s = socket.socket(socket.AF_UNIX)
s.bind('\\0' + sys.argv[1])
s.listen()
print('listening')
time.sleep(60)`;
const CONNECT = `import socket, sys
s = socket.socket(socket.AF_UNIX)
try:
    s.connect('\\0' + sys.argv[1])
    print('to ' + sys.argv[1] + ': connected')
except OSError as error:
    print('to ' + sys.argv[1] + ': ' + error.strerror)`;
const HAND_ON = `import os, socket, sys
s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1])
socket.send_fds(s, [b'x'], [os.open('/', os.O_RDONLY | os.O_DIRECTORY)])`;
const KEEP = `import os, socket, sys
s = socket.socket(socket.AF_UNIX)
s.bind(sys.argv[1])
os.chmod(sys.argv[1], 0o777)
s.listen()
print('listening')
connection, _ = s.accept()
_, [root], _, _ = socket.recv_fds(connection, 1, 1)
sys.stdin.readline()
try:
    print(open(os.open(sys.argv[2], os.O_RDONLY, dir_fd=root)).read())
except OSError:
    print('nothing')`;

async function firstWord(child: ChildProcess): Promise<string> {
  const words = await new Promise<Buffer>((resolve) => child.stdout!.once('data', resolve));
  return words.toString().trim();
}
