/** What a command finds around it, whichever way its slot starts it: as if bash had been started for it alone. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunAssignment } from '@quarry/contract';
import { describe, expect, test } from 'vitest';
import { allProcesses, isAlive, statOf } from '../../src/process/process-tree.ts';
import { probeSandbox } from '../../src/sandbox/probe.ts';
import { perlWithoutNamespaces } from '../../testing/perl-without-namespaces.ts';
import { logTexts, readLog, TestPlatform } from '../platform.ts';

const { isStaying } = await probeSandbox();

const LOOK = [
  'env | sed "s:/runs/[0-9]*/:/:" | grep -v ^QUARRY_RUN_ID= | sort',
  'ls -l /proc/self/fd | grep -c :',
  'readlink /proc/self/fd/0',
  'cmp <(stat -L -c %i /proc/$$/fd/1) <(stat -L -c %i /proc/$$/fd/2) && echo same',
  'grep -E "^(Sig|Shd)" /proc/self/status | grep -v SigQ',
  'ulimit -a | grep -vE "open files|max user processes|pending signals"; umask; nice',
  'pwd | sed s:/runs/[0-9]*/:/:; echo "$0 $# $SHLVL $- ${OLDPWD-none} ${LC_ALL-none}"; trap; set -o; shopt',
].join('\n');

/** The ways in which a slot starts commands, each by what its host has. */
const WAYS = [
  { way: 'without a sandbox', sandbox: 'off', isNested: true },
  { way: 'in a sandbox that stays', sandbox: 'required', isNested: true },
  { way: 'in a sandbox for each command', sandbox: 'required', isNested: false },
] as const;

describe.each(WAYS.filter(({ sandbox }) => sandbox === 'off' || isStaying))('$way', (way) => {
  function open(options: ConstructorParameters<typeof TestPlatform>[0] = {}): TestPlatform {
    const platform = new TestPlatform({ sandbox: way.sandbox, ...options });
    if (!way.isNested) {
      platform.agentEnvironment = { PATH: perlWithoutNamespaces(platform.directory) };
    }
    return platform;
  }

  test('a command finds what a bash finds that was started for it alone', async () => {
    await using platform = await open().start();
    const environment = { RESCALE_JOB_ID: 'it\'s\n"$HOME" `x` \\ é\u0001\u007f', TERM: '' };
    const run = await platform.run([{ command: LOOK, environment }]);
    const env = Object.fromEntries(
      logTexts(run.log)
        .filter((line) => /^(HOME|LANG|LOGNAME|PATH|PWD|QUARRY_CLUSTER_ID|SHELL|TMPDIR|USER)=/.test(line))
        .map((line) => line.split('=', 2)),
    );
    const closeOthers = 'for fd in /proc/self/fd/*; do fd=${fd##*/}; ((fd < 3)) || eval "exec $fd<&-"; done';
    const alone = execFileSync('bash', ['-c', `${closeOthers}; exec 2>&1; exec bash -c "$0" bash`, LOOK], {
      cwd: run.directory,
      env: { ...env, ...environment, PWD: run.directory },
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const strip = (lines: string[]) =>
      lines.filter((line) => !line.includes(run.directory) && !line.startsWith('PWD='));
    const pwd = env.PWD!;
    expect(
      strip(logTexts(run.log).slice(LOOK.split('\n').length))
        .filter((line) => line !== pwd)
        .slice(0, -2),
    ).toEqual(strip(alone.trimEnd().split('\n')));
  });

  test('what is started leads a group of its own, whose number is shown', async () => {
    await using platform = await open().start();
    const run = await platform.run([
      `until [ "$(cat .rescalepid)" != 0 ]; do :; done; cat .rescalepid; ps -o pgid= $$ | tr -d ' '; echo $$`,
    ]);
    const [shown, ...same] = logTexts(run.log).slice(1, -2);
    expect(same).toEqual([shown, shown]);
  });

  test('what is started has its bytes, its order of lines, its exit code and its figures', async () => {
    await using platform = await open().start();
    const bytes = Buffer.from(Array.from({ length: 255 }, (_, index) => index + 1)).toString('latin1');
    const odd = await platform.run([`printf %s ${quoted(bytes)} | od -An -v -tx1 | tr -d " \\n"`]);
    expect(logTexts(odd.log).at(-3)).toBe(Buffer.from(bytes).toString('hex'));
    const order = await platform.run([
      'for i in 1 2 3; do echo out$i; echo err$i >&2; done; echo by name > /dev/stderr; exit 7',
    ]);
    expect(logTexts(order.log).slice(1)).toEqual([
      ...['out1', 'err1', 'out2', 'err2', 'out3', 'err3', 'by name', 'Exited with code 7', ''],
    ]);
    const busy = await platform.run([`${BUSY} & ${BUSY} & wait`]);
    expect(busy.usage!.cpuSeconds).toBeGreaterThan(0.6);
    expect(busy.usage!.cpuSeconds).toBeLessThan(1.5);
    const idle = await platform.run([':']);
    expect(idle.usage!.cpuSeconds).toBeLessThan(0.3);
    expect(idle.usage!.peakMemoryBytes).toBeGreaterThan(0);
    expect(idle.usage!.peakMemoryBytes).toBeLessThan(20 << 20);
    expect(idle.usage!.readBytes).toBeGreaterThanOrEqual(0);
    const crashed = await platform.run(['kill -SEGV $$']);
    expect(crashed).toMatchObject({ exitCode: 139, failure: { code: 'command_failed' } });
    expect(crashed.failure!.message).toContain('SIGSEGV');
    expect(logTexts(crashed.log)).toHaveLength(3);
    // A first process of a namespace would not die of these.
    const aborted = await platform.run(['exec python3 -c "import os; os.abort()"']);
    expect(aborted).toMatchObject({ exitCode: 134 });
    expect(await platform.run(['kill $$; exit 3'])).toMatchObject({ exitCode: 143 });
    const script = await platform.run([
      { command: ':', postProcess: { file: null, command: "printf 'a\\t3\\n'; echo said >&2" } },
    ]);
    expect(script.variables).toEqual([{ name: 'a', value: 3 }]);
  });

  test('variables with odd names, long commands and large environments are handed over, a NUL is refused', async () => {
    await using platform = await open().start();
    const environment = {
      ...{
        'odd.name': '1',
        SHELLOPTS: 'braceexpand',
        'BASH_FUNC_said%%': '() { echo said; }',
        quarry_command: 'x',
      },
      LARGE: 'x'.repeat(120_000),
    };
    const odd = await platform.run([
      {
        command: 'env | grep -cE "^(odd.name=1|SHELLOPTS=.*|quarry_command=x)$"; said; echo ${#LARGE}',
        environment,
      },
    ]);
    expect(logTexts(odd.log).slice(1)).toEqual(['3', 'said', '120000', 'Exited with code 0', '']);
    const large = Object.fromEntries(['A', 'B', 'C'].map((name) => [name, name.repeat(100_000)]));
    const several = await platform.run([{ command: 'echo ${#A} ${#B} ${#C}; exit 4', environment: large }]);
    expect(logTexts(several.log).slice(1)).toEqual(['100000 100000 100000', 'Exited with code 4', '']);
    const long = await platform.run([`# ${'x'.repeat(200_000)}\necho "$0 $#"`]);
    expect(logTexts(long.log).slice(-3)).toEqual(['bash 0', 'Exited with code 0', '']);
    const nul = await platform.run(['true \0']);
    expect(nul).toMatchObject({ failure: { code: 'command_not_started' } });
  });

  test('a directory that is gone is said in words, and further commands are started', async () => {
    await using platform = await open().start();
    const run = await platform.run(['rm -r ../work', 'true']);
    expect(run).toMatchObject({ outcome: 'failed', failure: { code: 'command_not_started' } });
    expect(await platform.run(['true'])).toMatchObject({ outcome: 'success' });
  });

  test('a stop gives the command its grace time, and one that ignores it ends with it', async () => {
    await using platform = await open({ limits: { stopGraceSeconds: 0.6 } }).start();
    const saved = platform.assign([
      'trap "echo saved > state; exit 5" TERM; setsid sleep 300 & sleep 300 & touch ready; wait',
    ]);
    await stopWhenReady(platform, saved);
    expect(await platform.finished(saved.runId)).toMatchObject({ outcome: 'stopped', exitCode: 5 });
    expect(readFileSync(join(saved.directory, 'home/work/state'), 'utf8')).toBe('saved\n');
    const stubborn = platform.assign(['trap "" TERM; touch ready; while :; do sleep 0.1; done']);
    await stopWhenReady(platform, stubborn);
    expect(await platform.finished(stubborn.runId)).toMatchObject({ outcome: 'stopped', exitCode: 137 });
    expect(await platform.run(['true'])).toMatchObject({ outcome: 'success' });
  });

  test.each([
    ['as one of several commands', 'cd .; python3 solver.py; echo end', 143],
    [
      'before a pipe, whose reader takes what it prints while it saves',
      'python3 solver.py | tee solver.log',
      143,
    ],
    ['under another program', 'timeout 90 python3 solver.py; true', 143],
    ['in a session of its own', 'setsid -w python3 solver.py', 0],
    ['in the background', 'python3 solver.py & wait', 143],
  ])('a solver that is stopped %s saves its state', async (_, command, exitCode) => {
    await using platform = await open({ limits: { stopGraceSeconds: 10 } }).start();
    const solver = platform.input('solver.py', SOLVER);
    const run = platform.assign([command], { inputs: [solver] });
    await stopWhenReady(platform, run);
    const end = await platform.finished(run.runId);
    expect(end.outcome).toBe('stopped');
    expect(readFileSync(join(run.directory, 'home/work/state'), 'utf8')).toBe('saved');
    if (exitCode !== 0) {
      expect(end.exitCode).toBe(exitCode);
    }
    const log = logTexts(readLog(run.directory));
    expect(log).toContain('saving');
    expect(log).toContain('saved');
  });

  test('the grace is one for all: what still runs when it is over is killed with everything else', async () => {
    await using platform = await open({ limits: { stopGraceSeconds: 0.5 } }).start();
    const run = platform.assign([
      '(trap "" TERM; sleep 300; sleep 300) & (trap "" TERM; setsid -w sleep 300); touch ready; sleep 300',
    ]);
    await platform.until(() => existsSync(join(run.directory, 'home/work')));
    platform.stopRuns = [run.runId];
    platform.wake();
    expect(await platform.finished(run.runId)).toMatchObject({ outcome: 'stopped' });
    expect(aliveOf(run)).toEqual([]);
  });

  test('a command that is paused has not ended, and hears of a stop at once all the same', async () => {
    await using platform = await open({ limits: { stopGraceSeconds: 0.3 } }).start();
    const paused = platform.assign(['touch ready; kill -STOP $$; exit 3']);
    await platform.until(() => existsSync(join(paused.directory, 'home/work/ready')));
    const pid = await platform.until(() => aliveOf(paused).find(isPaused));
    process.kill(pid, 'SIGCONT');
    expect(await platform.finished(paused.runId)).toMatchObject({ outcome: 'failed', exitCode: 3 });
    const left = platform.assign(['touch ready; kill -STOP 0; exit 3']);
    await platform.until(() => aliveOf(left).some(isPaused));
    await stopWhenReady(platform, left);
    expect(await platform.finished(left.runId)).toMatchObject({ outcome: 'stopped', exitCode: 143 });
  });

  test('signals of a command to its own group reach nobody else', async () => {
    await using platform = await open().start();
    for (const signal of ['HUP', 'INT', 'QUIT', 'USR1', 'USR2', 'TERM', 'ALRM']) {
      const spared = await platform.run([
        `trap "" ${signal}; kill -${signal} 0; kill -${signal} $PPID; echo through`,
      ]);
      expect([signal, spared.outcome, logTexts(spared.log).at(-3)]).toEqual([signal, 'success', 'through']);
    }
    expect(await platform.run(['kill -KILL 0'])).toMatchObject({ outcome: 'failed', exitCode: 137 });
    expect(await platform.run(['true'])).toMatchObject({ outcome: 'success' });
  });

  test('where there is no room for a process a command waits for some, and others are not ended for it', async ({
    skip,
  }) => {
    if (process.getuid!() !== 0) {
      skip('needs another user, whose processes can be bounded');
    }
    const uid = 54_000 + Math.floor(Math.random() * 1000);
    const asUser = ['setpriv', `--reuid=${uid}`, `--regid=${uid}`, '--clear-groups'];
    await using platform = open();
    execFileSync('chown', ['-R', String(uid), platform.directory]);
    // Node's threads count as well.
    platform.agentPrefix = [...asUser, 'prlimit', '--nproc=60'];
    await platform.start();
    expect(await platform.run(['true'])).toMatchObject({ outcome: 'success' });
    const crowd = spawn(
      asUser[0]!,
      [...asUser.slice(1), 'bash', '-c', 'for i in {1..80}; do sleep 300 & done; echo; wait'],
      {
        stdio: ['ignore', 'pipe', 'ignore'],
        detached: true,
      },
    );
    try {
      await once(crowd.stdout, 'data');
      const run = platform.assign(['echo through']);
      await platform.until(() => platform.agentErrors.includes('could not be started and is tried again'));
      expect(
        platform.events.some((event) => event.type === 'run_finished' && event.runId === run.runId),
      ).toBe(false);
      process.kill(-crowd.pid!, 'SIGKILL');
      expect(await platform.finished(run.runId)).toMatchObject({ outcome: 'success' });
    } finally {
      crowd.kill('SIGKILL');
    }
  });

  test('whatever a command started ends with the agent, also when that is killed', async () => {
    await using platform = await open().start();
    const run = platform.assign(['touch ready; sleep 1']);
    await platform.until(() => existsSync(join(run.directory, 'home/work/ready')));
    expect(ofCluster(platform)).not.toEqual([]);
    platform.agent!.kill('SIGKILL');
    await platform.until(() => ofCluster(platform).length === 0);
  });
});

const BUSY =
  'python3 -c "import time; end = time.process_time() + 0.35\nwhile time.process_time() < end: pass"';

/** Prints while it saves, which takes it a moment. */
const SOLVER = `import os, signal, sys, time
def save(*_):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    print('saving', flush=True)
    for _ in range(20):
        time.sleep(0.05)
        print('.', flush=True)
    open('state', 'w').write('saved')
    print('saved', flush=True)
    sys.exit(0)
signal.signal(signal.SIGTERM, save)
open('ready', 'w')
time.sleep(100)
`;

async function stopWhenReady(platform: TestPlatform, run: RunAssignment): Promise<void> {
  await platform.until(() => existsSync(join(run.directory, 'home/work/ready')));
  platform.stopRuns = [run.runId];
  platform.wake();
  await platform.finished(run.runId);
  platform.stopRuns = [];
}

/** Processes whose environment has a variable, as the host sees them. */
function withVariable(variable: string): number[] {
  return allProcesses().filter((pid) => {
    try {
      return isAlive(pid) && readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0').includes(variable);
    } catch {
      return false;
    }
  });
}

/** What the command of a run has started and is still alive. */
function aliveOf({ runId }: RunAssignment): number[] {
  return withVariable(`QUARRY_RUN_ID=${runId}`);
}

function ofCluster({ cluster }: TestPlatform): number[] {
  return withVariable(`QUARRY_CLUSTER_ID=${cluster.clusterId}`);
}

function isPaused(pid: number): boolean {
  return statOf(pid)?.state === 'T';
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
