/** What hostile commands try: each of these led out of a sandbox once, or would end somebody else's work. */
import { execFileSync, spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { basename, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { allProcesses, childrenOf, descendantsOf, isAlive } from '../../src/process/process-tree.ts';
import { probeSandbox } from '../../src/sandbox/probe.ts';
import { logTexts, type PlatformOptions, readLog, TestPlatform } from '../platform.ts';

const { isStaying } = await probeSandbox();
const isRoot = process.getuid!() === 0;

async function open(options: PlatformOptions = {}): Promise<TestPlatform> {
  const platform = new TestPlatform({ sandbox: 'required', ...options });
  platform.cluster.sandbox.hiddenPaths = [platform.directory];
  return platform.start();
}

/** What the command wrote. */
function said(run: { log: string }): string[] {
  return logTexts(run.log).slice(
    logTexts(run.log).findIndex((line) => line.includes('Process output follows')) + 1,
    -2,
  );
}

describe.skipIf(!isStaying)('in a sandbox that stays', () => {
  test('the environment of a job reaches no program of ours', async () => {
    await using platform = await open();
    // The loader complains once for each program that is started with it: here that is bash alone.
    const environment = { LD_PRELOAD: '/nonexistent.so' };
    const run = await platform.run([{ command: ':', environment }]);
    expect(run.log.match(/cannot be preloaded/g)).toHaveLength(1);
    const odd = await platform.run([{ command: ':', environment: { ...environment, 'odd.name': 'x' } }]);
    expect(odd.log.match(/cannot be preloaded/g)).toHaveLength(1);
    const traced = await platform.run([
      {
        command: 'echo inside',
        environment: { SHELLOPTS: 'xtrace', PS4: '$(echo traced >&2)', BASH_ENV: '/etc/hostname' },
      },
    ]);
    expect(said(traced).join('\n')).toContain('inside');
  });

  test('the search path of a job decides nothing outside of it', async () => {
    await using platform = await open();
    const evil = join(platform.directory, 'evil');
    mkdirSync(evil);
    const proof = join(platform.directory, 'proof');
    for (const name of [
      'bwrap',
      'bash',
      'sh',
      'env',
      'unshare',
      'nsenter',
      'setpriv',
      'mkfifo',
      'rm',
      'cat',
      'chrt',
    ]) {
      writeFileSync(join(evil, name), `#!/bin/sh\n: > ${proof}\n`, { mode: 0o755 });
    }
    const tile = { searchPath: [evil], environment: { PATH: evil, 'odd.name': 'x' } };
    expect(await platform.run([{ ...tile, command: 'echo here' }])).toMatchObject({ outcome: 'success' });
    expect(await platform.run([{ ...tile, command: ': > /dev/shm/x' }])).toMatchObject({
      outcome: 'success',
    });
    expect(existsSync(proof)).toBe(false);
  });

  test('a command has no capability, gets none, and makes no namespaces', async () => {
    await using platform = await open();
    const run = await platform.run([
      [
        'grep -E "^Cap(Inh|Prm|Eff|Amb)|NoNewPrivs" /proc/self/status',
        'for kind in user mount pid net uts ipc cgroup; do unshare --$kind true 2>/dev/null && echo made $kind; done',
        'mount -t tmpfs x /tmp 2>/dev/null && echo mounted; umount /proc 2>/dev/null && echo unmounted',
        'umount /dev/shm 2>/dev/null && echo unmounted; chroot / true 2>/dev/null && echo chroot',
        'for file in /proc/sys/kernel/core_pattern /proc/sys/user/max_user_namespaces /proc/sysrq-trigger; do',
        '  (echo 0 > $file) 2>/dev/null && echo wrote $file',
        'done',
        'mknod device c 1 1 2>/dev/null && echo device',
      ].join('\n'),
    ]);
    const zero = '0000000000000000';
    expect(said(run)).toEqual([
      ...[`CapInh:\t${zero}`, `CapPrm:\t${zero}`, `CapEff:\t${zero}`, `CapAmb:\t${zero}`, 'NoNewPrivs:\t1'],
    ]);
  });

  test.runIf(isRoot)('under a root agent a command is nobody on the host, with a name', async () => {
    await using platform = await open();
    const private_ = join(platform.directory, 'private');
    writeFileSync(private_, 'for root only', { mode: 0o600 });
    const run = await platform.run([
      {
        command: `id -u; id -G; whoami; [ "$USER" = "$(whoami)" ] && echo same; cat ${private_} /etc/shadow 2>&1 | grep -c denied; touch made; stat -c %u made`,
        visiblePaths: [private_],
      },
    ]);
    const [uid, gids, name, same, denied, owner] = said(run);
    expect(Number(uid)).toBeGreaterThan(65_536);
    expect([gids, name, same, denied, owner]).toEqual([uid, 'quarry-job', 'same', '2', uid]);
    expect(statSync(join(run.directory, 'home/work/made')).uid).toBe(Number(uid));
  });

  test('daemons of the host cannot be reached by their sockets', async () => {
    await using platform = await open();
    // A socket below /run, as systemd, D-Bus and Docker have theirs.
    const directory = isRoot ? '/run' : null;
    const path = directory && join(directory, `quarry-test-${process.pid}.sock`);
    const server = createServer();
    if (path !== null) {
      await new Promise<void>((resolve) => server.listen(path, resolve));
      execFileSync('chmod', ['666', path]);
    }
    try {
      const run = await platform.run([
        `ls -A /run /var/run | grep -c sock; [ -e ${path} ] && echo there; touch /run/x`,
      ]);
      expect(said(run)).toEqual(['0', expect.stringMatching(/^touch: .*(Read-only|Permission)/)]);
    } finally {
      server.close();
    }
  });

  test('nothing of one run is there for the next of its slot, whatever it did', async () => {
    await using platform = await open();
    // The directory of the test lies there as well.
    const LOOK_AT_SCRATCH =
      'find /tmp /var/tmp -mindepth 1 \\( -path "*/quarry-agent-*/*" -prune -o -print0 \\) | tr "\\0\\n" "\\n?"';
    const pristine = await platform.run([LOOK_AT_SCRATCH]);
    const first = await platform.run([
      [
        'echo t > /tmp/t; mkdir -p /tmp/.hidden/d /var/tmp/v; chmod 000 /tmp/.hidden; echo s > /dev/shm/.s; mkdir /dev/shm/d',
        `printf x > $'/tmp/\\xff'; ln -s /etc /tmp/link; mkfifo /tmp/fifo; ipcmk -M 4096 -S 1 -Q > /dev/null`,
        'setsid sleep 300 < /dev/null > /dev/null 2>&1 &',
        'env -i setsid sh -c "sleep 300" &',
        '(exec -a wiped env -i setsid bash -c "while :; do :; done") &',
        'echo secret > secret; chmod 777 . ..; mkdir ../../left 2> /dev/null; echo $PPID',
      ].join('\n'),
    ]);
    expect(first.outcome).toBe('success');
    const second = await platform.run([
      [
        LOOK_AT_SCRATCH,
        'ls -A /dev/shm; ipcs | grep -c "^0x"; ps -e -o comm= | grep -vcE "^(perl|bash|ps|grep)$"',
        `ls $(dirname $(dirname $(dirname $PWD))); cat ${first.directory}/home/work/secret 2>&1 | grep -c "No such"`,
      ].join('\n'),
    ]);
    expect(said(second)).toEqual([...said(pristine), '0', '0', basename(second.directory), '1']);
    expect(readFileSync(join(first.directory, 'home/work/secret'), 'utf8')).toBe('secret\n');
    await platform.until(() => readdirSync(join(platform.cluster.directory, 'discarded', '1')).length === 0);
  });

  test('runs of two slots do not see each other', async () => {
    await using platform = await open({ slots: 2 });
    const command = (own: string, other: string) =>
      [
        `echo ${own} > mine; touch /tmp/${own} /dev/shm/${own}; sleep 300 & until [ -e go ]; do sleep 0.02; done`,
        `ls /tmp /dev/shm | grep -c ${other}; ls -d $(dirname $(dirname $(dirname $PWD)))/*/home | wc -l; ps -e -o comm= | grep -c sleep`,
        'ls $(dirname $(dirname $(dirname $(dirname $PWD))))/pipes',
      ].join('\n');
    const runs = [platform.assign([command('one', 'two')]), platform.assign([command('two', 'one')])];
    for (const { directory } of runs) {
      await platform.until(() => existsSync(join(directory, 'home/work/mine')));
    }
    for (const { directory } of runs) {
      writeFileSync(join(directory, 'home/work/go'), '');
    }
    for (const { runId, directory } of runs) {
      await platform.finished(runId);
      expect(said({ log: readLog(directory) }).slice(0, 3)).toEqual(['0', '1', '1']);
    }
    const [first, second] = runs.map(({ directory }) => said({ log: readLog(directory) })[3]);
    expect([first, second].sort()).toEqual(['1', '2']);
  });

  test('what a command writes into whatever it finds open does not speak for the shell that started it', async () => {
    await using platform = await open();
    const forge = [
      'for file in /proc/[0-9]*/fd/*; do timeout 0.3 bash -c "for i in 1 2 3; do echo ended 0; echo started 1; echo ready; done > $file" 2> /dev/null & done',
      `for pipe in $(dirname $(dirname $(dirname $(dirname $PWD))))/pipes/*/*; do timeout 0.3 bash -c "echo ended 0 > $pipe" 2> /dev/null & done`,
      'wait; exit 7',
    ].join('\n');
    expect(await platform.run([forge])).toMatchObject({ outcome: 'failed', exitCode: 7 });
    const traced = await platform.run([
      `python3 - <<'PY'
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
# PTRACE_ATTACH to the first process of the namespace, and pidfd_getfd of its descriptors.
if libc.ptrace(16, 1, 0, 0) == 0:
    os.waitpid(1, 0x40000000)
    libc.ptrace(17, 1, 0, 0)
pidfd = libc.syscall(434, 1, 0)
print(sum(1 for fd in range(3, 64) if libc.syscall(438, pidfd, fd, 0) >= 0))
PY
exit 8`,
    ]);
    expect(traced).toMatchObject({ outcome: 'failed' });
    expect(said(traced)).toEqual(['0']);
    expect(await platform.run(['exit 3'])).toMatchObject({ outcome: 'failed', exitCode: 3 });
  });

  test('a command that kills everything it can kills nobody but itself', async () => {
    await using platform = await open({ slots: 2 });
    const other = platform.assign(['touch ready; until [ -e go ]; do sleep 0.02; done; exit 4']);
    await platform.until(() => existsSync(join(other.directory, 'home/work/ready')));
    const run = await platform.run(['kill -9 -1; kill -9 1; kill -9 0; exit 5']);
    expect(run).toMatchObject({ outcome: 'failed', exitCode: 137 });
    writeFileSync(join(other.directory, 'home/work/go'), '');
    expect(await platform.finished(other.runId)).toMatchObject({ exitCode: 4 });
  });

  test('what starves its own first process is gone before anything that it wrote is looked at', async () => {
    await using platform = await open();
    const run = await platform.run([
      [
        'chrt --idle --all-tasks --pid 0 1; chrt --idle --pid 0 $$; renice -n 19 -p 1 $$ > /dev/null',
        'for i in {1..60}; do (trap "" TERM HUP; while :; do echo $i > changing; done) & done',
        'until [ -s changing ]; do :; done; exit 0',
      ].join('\n'),
    ]);
    expect(run.outcome).toBe('success');
    const changing = run.outputs.find(({ relativePath }) => relativePath === 'changing')!;
    const before = statSync(changing.path, { bigint: true }).mtimeNs;
    expect(allProcesses().filter((pid) => inWorkDirectory(pid, run.directory))).toEqual([]);
    expect(statSync(changing.path, { bigint: true }).mtimeNs).toBe(before);
  });

  test('processes and open files of one run have a bound, which spares all others', async () => {
    await using platform = await open({ slots: 2, limits: { processes: 60, openFiles: 100 } });
    const bomb = platform.assign([
      'touch ready; ulimit -u 100000 2> /dev/null; f() { f | f & }; f 2> /dev/null; until [ -e go ]; do read -t 0.1 < /dev/zero; done; exit 6',
    ]);
    await platform.until(() => existsSync(join(bomb.directory, 'home/work/ready')));
    for (let count = 0; count < 5; count += 1) {
      expect(await platform.run(['/bin/true; /bin/true'])).toMatchObject({ outcome: 'success' });
    }
    platform.stop = null;
    platform.stopRuns = [bomb.runId];
    platform.wake();
    expect(await platform.finished(bomb.runId)).toMatchObject({ outcome: 'stopped' });
    platform.stopRuns = [];
    const files = await platform.run([
      'ulimit -n; ulimit -Hn; python3 -c "import os; fds = []\ntry:\n  while True: fds.append(os.dup(0))\nexcept OSError as e: print(e.errno)"',
    ]);
    expect(said(files)).toEqual(['100', '100', '24']);
  });

  test('the shell, or the sandbox around it, that is killed takes its run along, and the next one has another', async () => {
    await using platform = await open();
    for (const level of [0, 1, 2, 3, 4]) {
      const run = platform.assign(['touch ready; setsid sleep 300 & while :; do echo x > file; done']);
      await platform.until(() => existsSync(join(run.directory, 'home/work/ready')));
      const line = lineage(platform);
      process.kill(line[level]!, 'SIGKILL');
      const end = await platform.finished(run.runId);
      expect([level, end.outcome]).toEqual([level, 'failed']);
      expect(allProcesses().filter((pid) => inWorkDirectory(pid, run.directory))).toEqual([]);
      expect(await platform.run(['exit 9'])).toMatchObject({ exitCode: 9 });
    }
  });

  test('a command that destroys what its sandbox stands on harms no later one', async () => {
    await using platform = await open();
    const run = await platform.run([
      'chmod -R u+w /tmp 2> /dev/null; rm -rf /tmp/* 2> /dev/null; mv /tmp/* /tmp/elsewhere 2> /dev/null; mv ../../* ../.. 2> /dev/null; exit 0',
    ]);
    expect(run.outcome).toBe('success');
    expect(await platform.run(['echo t > /tmp/t; cat /tmp/t; echo x > x'])).toMatchObject({
      outcome: 'success',
    });
  });

  test('a home that is replaced by a link leads nowhere', async () => {
    await using platform = await open();
    const secret = join(platform.directory, 'secret');
    mkdirSync(join(secret, 'work'), { recursive: true });
    writeFileSync(join(secret, 'work', 'owner.key'), 'key');
    for (const command of [
      `cd ../..; mv home h; ln -s ${secret} home`,
      `cd ../../..; mv * x; mkdir y; ln -s ${secret} 1; ln -s ${secret} 2`,
      `cd ..; mv work w; ln -s ${secret}/work work`,
    ]) {
      const run = await platform.run([`(${command}) 2> /dev/null; exit 0`]);
      expect(run.outputs.map(({ relativePath }) => relativePath)).not.toContain('owner.key');
      expect(existsSync(join(secret, 'work', 'owner.key'))).toBe(true);
    }
    expect(await platform.run(['echo x > x'])).toMatchObject({ outcome: 'success' });
  });

  test('with the network switched off a command has none, not even the abstract sockets of the host', async () => {
    const platform_ = new TestPlatform({ sandbox: 'required' });
    platform_.cluster.sandbox.network = 'none';
    await using platform = await platform_.start();
    const listener = spawn('python3', ['-u', '-c', ABSTRACT_LISTENER, platform.cluster.clusterId], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    try {
      await new Promise((resolve) => listener.stdout.once('data', resolve));
      const connect = `python3 -c "import socket; s = socket.socket(socket.AF_UNIX); s.connect('\\0' + '${platform.cluster.clusterId}'); print('connected')" 2> /dev/null`;
      const run = await platform.run([
        `${connect}; ls /sys/class/net | wc -l; cat /proc/net/dev | tail -n +3 | cut -d: -f1 | tr -d ' '; (echo > /dev/tcp/127.0.0.1/${new URL(platform.cluster.serverUrl).port}) 2>&1 | grep -cm1 refused`,
      ]);
      expect(said(run).slice(-2)).toEqual(['lo', '1']);
      expect(said(run)).not.toContain('connected');
    } finally {
      listener.kill();
    }
  });
});

const ABSTRACT_LISTENER = `import socket, sys
s = socket.socket(socket.AF_UNIX)
s.bind('\\0' + sys.argv[1])
s.listen()
print('listening')
sys.stdin.read()`;

/** From what the agent has started, down to the command: sandbox, its first process, launcher and its child, first process of the run. */
function lineage(platform: TestPlatform): number[] {
  const sandbox = childrenOf(platform.agent!.pid!).find(
    (pid) => isAlive(pid) && descendantsOf(pid).length > 3,
  )!;
  const line = [sandbox];
  for (let next = childrenOf(sandbox)[0]; next !== undefined && line.length < 5; next = childrenOf(next)[0]) {
    line.push(next);
  }
  return line;
}

/** Whether a process, wherever it is, has its working directory among the files of a run. */
function inWorkDirectory(pid: number, directory: string): boolean {
  try {
    return isAlive(pid) && realpathSync(`/proc/${pid}/cwd`).startsWith(realpathSync(join(directory, 'home')));
  } catch {
    return false;
  }
}
