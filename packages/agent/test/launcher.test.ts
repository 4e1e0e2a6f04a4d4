/** Commands that are started by a shell that stays, as in a sweep of short runs: nothing may tell them from others. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunAssignment } from '@quarry/contract';
import { expect, test } from 'vitest';
import { logTexts, readLog, TestPlatform } from './platform.ts';

/** Says so when the shell that stays has started it. */
const BY_LAUNCHER = 'tail -z -n 1 /proc/$PPID/cmdline | grep -q ^quarry-launcher';

/** Executes one command after the other while others wait, until the launching shell is up, and leaves it so. */
async function untilLaunched(platform: TestPlatform): Promise<void> {
  for (let launched = false; !launched; ) {
    const runs = Array.from({ length: 4 }, () => platform.assign([`${BY_LAUNCHER} && echo launched`]));
    await platform.finished(runs.at(-1)!.runId);
    launched = logTexts(readLog(runs.at(-1)!.directory)).includes('launched');
  }
}

async function logOf(platform: TestPlatform, run: RunAssignment): Promise<string[]> {
  await platform.finished(run.runId);
  return logTexts(readLog(run.directory)).slice(1);
}

const LOOK = [
  'env | sed "s:/runs/[0-9]*/:/:" | grep -v ^QUARRY_RUN_ID= | sort',
  'ls -l /proc/self/fd | grep -c :',
  'readlink /proc/self/fd/0',
  'cmp <(stat -L -c %i /proc/$$/fd/1) <(stat -L -c %i /proc/$$/fd/2) && echo same',
  'grep -E "^(Sig|Shd|Cap|NoNew|Seccomp)" /proc/self/status | grep -v SigQ',
  'ulimit -a; umask; nice',
  'pwd | sed s:/runs/[0-9]*/:/:; echo "$0 $# $SHLVL $- ${OLDPWD-none} ${LC_ALL-none}"; trap; set -o; shopt',
  'tr "\\0" " " < /proc/$$/cmdline; echo',
].join('\n');

test('a command that is launched finds the same around it as one that is not', async () => {
  await using platform = await new TestPlatform().start();
  const environment = { RESCALE_JOB_ID: 'it\'s\n"$HOME" `x` \\ é\u0001\u007f', TERM: '' };
  const file = platform.input('look', `${BY_LAUNCHER} && echo launched; ${LOOK}`);
  const tile = { command: '. ./look', environment };
  const first = await platform.run([tile], { inputs: [file] });
  await untilLaunched(platform);
  const second = await platform.run([tile], { inputs: [file] });
  const [plain, launched] = [first, second].map(({ log }) => logTexts(log).slice(1));
  expect(plain).toContain('same');
  expect(launched).toEqual(['launched', ...plain!]);
});

test('what is launched leads a group of its own, whose number is shown', async () => {
  await using platform = await new TestPlatform().start();
  await untilLaunched(platform);
  const run = await platform.run([
    `${BY_LAUNCHER} || exit 9; until [ -s .rescalepid ]; do :; done; cat .rescalepid; ps -o pgid= $$ | tr -d ' '; echo $$`,
  ]);
  const [shown, ...same] = logTexts(run.log).slice(1, -2);
  expect(same).toEqual([shown, shown]);
});

test('what is launched has its bytes, its order of lines, its exit code and its figures', async () => {
  await using platform = await new TestPlatform().start();
  await untilLaunched(platform);
  const bytes = Buffer.from(Array.from({ length: 255 }, (_, index) => index + 1)).toString('latin1');
  const odd = platform.assign([
    `${BY_LAUNCHER} || exit 9\nprintf %s ${quoted(bytes)} | od -An -v -tx1 | tr -d " \\n"`,
  ]);
  expect((await logOf(platform, odd)).at(-3)).toBe(Buffer.from(bytes).toString('hex'));
  const order = platform.assign([
    `${BY_LAUNCHER} || exit 9\nfor i in 1 2 3; do echo out$i; echo err$i >&2; done; echo by name > /dev/stderr; exit 7`,
  ]);
  expect((await logOf(platform, order)).slice(1)).toEqual([
    ...['out1', 'err1', 'out2', 'err2', 'out3', 'err3', 'by name', 'Exited with code 7', ''],
  ]);
  const busy = await platform.run([`${BY_LAUNCHER} || exit 9; ${BUSY} & ${BUSY} & wait`]);
  expect(busy.usage!.cpuSeconds).toBeGreaterThan(0.6);
  expect(busy.usage!.cpuSeconds).toBeLessThan(1.5);
  const idle = await platform.run([`${BY_LAUNCHER} || exit 9`]);
  expect(idle.usage!.cpuSeconds).toBeLessThan(0.3);
  expect(idle.usage!.peakMemoryBytes).toBeGreaterThan(0);
  expect(idle.usage!.peakMemoryBytes).toBeLessThan(20 << 20);
  expect(idle.usage!.readBytes).toBeGreaterThanOrEqual(0);
  const crashed = await platform.run([`${BY_LAUNCHER} || exit 9; kill -SEGV $$`]);
  expect(crashed).toMatchObject({ exitCode: 139, failure: { code: 'command_failed' } });
  expect(crashed.failure!.message).toContain('SIGSEGV');
  expect(logTexts(crashed.log)).toHaveLength(3);
  const script = await platform.run([
    {
      command: `${BY_LAUNCHER} || exit 9`,
      postProcess: { file: null, command: `${BY_LAUNCHER} && printf 'a\\t3\\n'; echo said >&2` },
    },
  ]);
  expect(script.variables).toEqual([{ name: 'a', value: 3 }]);
});

const BUSY =
  'python3 -c "import time; end = time.process_time() + 0.35\nwhile time.process_time() < end: pass"';

test('what is launched can be stopped, with its grace time and without, and leaves nothing', async () => {
  await using platform = await new TestPlatform({ limits: { stopGraceSeconds: 0.3 } }).start();
  await untilLaunched(platform);
  const saved = platform.assign([
    `${BY_LAUNCHER} || exit 9; trap "echo saved > state; exit 5" TERM; setsid sleep 300 & sleep 300 & touch ready; wait`,
  ]);
  await stopWhenReady(platform, saved);
  expect(await platform.finished(saved.runId)).toMatchObject({ outcome: 'stopped', exitCode: 5 });
  expect(readFileSync(join(saved.directory, 'home/work/state'), 'utf8')).toBe('saved\n');
  const stubborn = platform.assign([
    `${BY_LAUNCHER} || exit 9; trap "" TERM; touch ready; while :; do sleep 0.1; done`,
  ]);
  await stopWhenReady(platform, stubborn);
  expect(await platform.finished(stubborn.runId)).toMatchObject({ outcome: 'stopped', exitCode: 137 });
  // Stopped by SIGSTOP it has not ended.
  const paused = platform.assign([`${BY_LAUNCHER} || exit 9; touch ready; kill -STOP $$; exit 3`]);
  await platform.until(() => existsSync(join(paused.directory, 'home/work/ready')));
  const pid = await platform.until(() => stoppedPid(paused));
  process.kill(pid, 'SIGCONT');
  expect(await platform.finished(paused.runId)).toMatchObject({ outcome: 'failed', exitCode: 3 });
});

test('a command that kills the shell that launched it ends with it, and others go on', async () => {
  await using platform = await new TestPlatform().start();
  await untilLaunched(platform);
  const spared = await platform.run([
    `${BY_LAUNCHER} || exit 9; kill $PPID; kill -INT $PPID; ${BY_LAUNCHER}`,
  ]);
  expect(spared).toMatchObject({ outcome: 'success' });
  const run = await platform.run([`${BY_LAUNCHER} || exit 9; kill -KILL $PPID; sleep 300`]);
  expect(run).toMatchObject({
    ...{ outcome: 'failed', exitCode: 137 },
    usage: { cpuSeconds: null, readBytes: null, writtenBytes: null },
  });
  expect(await platform.run(['true'])).toMatchObject({ outcome: 'success' });
  await untilLaunched(platform);
});

test('a directory that is gone is said in words, and the shell goes on', async () => {
  await using platform = await new TestPlatform().start();
  await untilLaunched(platform);
  const run = await platform.run([`${BY_LAUNCHER} || exit 9; rm -r ../work`, 'true']);
  expect(run).toMatchObject({ outcome: 'failed', failure: { code: 'command_not_started' } });
  expect(await platform.run([BY_LAUNCHER])).toMatchObject({ outcome: 'success' });
});

test('what the shell would not pass on is started in another way', async () => {
  await using platform = await new TestPlatform().start();
  await untilLaunched(platform);
  const environment = { 'odd.name': '1', SHELLOPTS: 'braceexpand' };
  const odd = await platform.run([
    {
      command: `${BY_LAUNCHER} && exit 9; env | grep -cE "^(odd.name=1|SHELLOPTS=.*)$"; exit 0`,
      environment,
    },
  ]);
  expect(logTexts(odd.log).slice(1)).toEqual(['2', 'Exited with code 0', '']);
  const long = await platform.run([`# ${'x'.repeat(200_000)}\n${BY_LAUNCHER} && exit 9; exit 0`]);
  expect(long).toMatchObject({ outcome: 'success' });
  const nul = await platform.run(['true \0']);
  expect(nul).toMatchObject({ failure: { code: 'command_not_started' } });
});

test('the launching shells end with the agent, also when that is killed', async () => {
  await using platform = await new TestPlatform().start();
  await untilLaunched(platform);
  const run = platform.assign([`${BY_LAUNCHER} || exit 9; echo $PPID > ready; sleep 1`]);
  const ready = join(run.directory, 'home/work/ready');
  await platform.until(() => existsSync(ready) && readFileSync(ready, 'utf8').endsWith('\n'));
  const launcher = readFileSync(ready, 'utf8').trim();
  platform.agent!.kill('SIGKILL');
  await platform.until(() => !existsSync(`/proc/${launcher}`));
});

async function stopWhenReady(platform: TestPlatform, run: RunAssignment): Promise<void> {
  await platform.until(() => existsSync(join(run.directory, 'home/work/ready')));
  platform.stopRuns = [run.runId];
  platform.wake();
  await platform.finished(run.runId);
  platform.stopRuns = [];
}

function stoppedPid({ directory }: RunAssignment): number | null {
  try {
    const pid = Number(readFileSync(join(directory, 'home/work/.rescalepid'), 'utf8'));
    return /^State:\s+T/m.test(readFileSync(`/proc/${pid}/status`, 'utf8')) ? pid : null;
  } catch {
    return null;
  }
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
