import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadModules, type RunAside } from '../src/runs/modules.ts';
import { StopSwitch } from '../src/runs/stop-switch.ts';
import { logTexts, TestPlatform } from './platform.ts';

test('a command runs, its output is logged and its files are listed with their digests, the log last', async () => {
  await using platform = await new TestPlatform().start();
  const run = await platform.run(['echo hello; echo 42 > result.txt']);
  expect(run).toMatchObject({ outcome: 'success', exitCode: 0, failure: null, skipped: [] });
  const [result, log] = run.outputs;
  expect(result).toMatchObject({
    relativePath: 'result.txt',
    path: join(run.directory, 'home/work/result.txt'),
    sizeBytes: 3,
    sha512: createHash('sha512').update('42\n').digest('hex'),
    executable: false,
  });
  expect(log).toMatchObject({
    relativePath: 'process_output.log',
    path: join(run.directory, 'process_output.log'),
    sha512: createHash('sha512').update(run.log).digest('hex'),
  });
  // With a second name it could only be copied.
  expect(statSync(log!.path).nlink).toBe(1);
  expect(run.outputs).toHaveLength(2);
});

test('a failing tile ends the run, later tiles do not run, and the failure quotes the log', async () => {
  await using platform = await new TestPlatform().start();
  const run = await platform.run(['echo first', 'echo no such mesh >&2; exit 3', 'echo never']);
  expect(run).toMatchObject({ outcome: 'failed', exitCode: 3 });
  expect(run.failure).toMatchObject({
    code: 'command_failed',
    message: 'The command of tile 2 ended with exit code 3.',
  });
  expect(run.failure!.hint).toContain('no such mesh');
  expect(run.log).not.toContain('never');
  expect(platform.events.filter(({ type }) => type === 'tile_exited')).toMatchObject([
    { tile: 0, exitCode: 0, signal: null },
    { tile: 1, exitCode: 3, signal: null },
  ]);
});

test('what a command does to the files of its hosts is not seen by the next one', async () => {
  await using platform = await new TestPlatform().start();
  const look = 'cat ../machinefile ../machinefile.openmpi ../hosts';
  const first = await platform.run([look]);
  const second = await platform.run([`${look}; echo more >> ../hosts`]);
  const third = await platform.run([`${look}; rm ../machinefile; mv ../hosts .`]);
  const fourth = await platform.run([look]);
  const [expected, ...others] = [first, second, third, fourth].map(({ log }) => logTexts(log).slice(1, -2));
  expect(expected).toHaveLength(5);
  expect(others).toEqual([expected, expected, expected]);
});

test('a missing program and a killed one are explained', async () => {
  await using platform = await new TestPlatform().start();
  const missing = await platform.run(['no-such-solver --fast']);
  expect(missing.exitCode).toBe(127);
  expect(missing.failure!.hint).toContain('is the software in the analysis?');
  const killed = await platform.run(['kill -KILL $$']);
  expect(killed).toMatchObject({ exitCode: 137 });
  expect(killed.failure!.message).toContain('SIGKILL');
  expect(killed.failure!.hint).toContain('memory may have run out');
});

test('empty, comment and colon commands succeed', async () => {
  await using platform = await new TestPlatform().start();
  expect(await platform.run(['', '# nothing to do', ':'])).toMatchObject({ outcome: 'success', exitCode: 0 });
});

test('tiles share one directory and the environment is built from nothing', async () => {
  await using platform = new TestPlatform();
  platform.agentEnvironment = { SECRET_OF_THE_SERVER: 'x' };
  await platform.start();
  const run = await platform.run([
    'pwd > where; cat /dev/stdin; ls -A | tr "\\n" " "',
    {
      command: 'cat where; env | cut -d= -f1 | sort | tr "\\n" " "; echo; echo "$A:$PATH:$0:$#"',
      environment: { A: 'b c' },
      searchPath: ['/opt/solver/bin'],
    },
  ]);
  const work = join(run.directory, 'home/work');
  const texts = logTexts(run.log);
  expect(texts[1]).toBe('.rescalepid process_output.log where ');
  expect(texts.slice(5, 8)).toEqual([
    work,
    'A HOME LANG LOGNAME PATH PWD QUARRY_CLUSTER_ID QUARRY_RUN_ID SHELL SHLVL TERM TMPDIR USER _ ',
    'b c:/opt/solver/bin:/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin:bash:0',
  ]);
  expect(readFileSync(join(run.directory, 'home/machinefile'), 'utf8').split('\n')).toHaveLength(3);
  expect(existsSync(join(work, '.rescalepid'))).toBe(false);
});

test('a command of a megabyte and many lines runs as if it were an argument', async () => {
  await using platform = await new TestPlatform().start();
  const run = await platform.run([`${'# filling\n'.repeat(100_000)}echo "$0 $#"\nexit 4`]);
  expect(run.exitCode).toBe(4);
  expect(logTexts(run.log).slice(-3)).toEqual(['bash 0', 'Exited with code 4', '']);
});

test('inputs are copied as executables, and only changed ones are outputs', async () => {
  await using platform = await new TestPlatform().start();
  const inputs = ['run.sh', 'same.dat', 'touched.dat', 'changed.dat'].map((name) =>
    platform.input(name, name === 'run.sh' ? '#!/bin/bash\necho ran' : `${name}\n`),
  );
  const run = await platform.run(
    [
      './run.sh; touch touched.dat; chmod 600 same.dat; printf "Changed.dat\\n" > changed.dat; touch -r same.dat changed.dat',
    ],
    { inputs },
  );
  expect(logTexts(run.log)[1]).toBe('ran');
  expect(run.outputs.map(({ relativePath }) => relativePath)).toEqual(['changed.dat', 'process_output.log']);
  expect(readFileSync(inputs[3]!.path!, 'utf8')).toBe('changed.dat\n');
});

test('two inputs of one name, and a name that is a path, are refused in words', async () => {
  await using platform = await new TestPlatform().start();
  const twice = await platform.run(['true'], {
    inputs: [platform.input('a', '1'), platform.input('a', '2')],
  });
  expect(twice).toMatchObject({ outcome: 'failed', exitCode: null, failure: { code: 'input_conflict' } });
  expect(twice.log).toContain('Two inputs are named a');
  expect(twice.outputs.map(({ relativePath }) => relativePath)).toEqual(['process_output.log']);
  const path = await platform.run(['true'], { inputs: [platform.input('../a', '1')] });
  expect(path.failure!.code).toBe('input_unsafe');
});

test('inputs that are not on the file system are fetched with the token and verified', async () => {
  await using platform = await new TestPlatform().start();
  const bytes = Buffer.alloc(300_000, 'quarry');
  platform.files.set('/files/one', bytes);
  const url = `${platform.cluster.serverUrl}/files/one`;
  const good = await platform.run(['wc -c < one'], {
    inputs: [platform.input('one', bytes, { path: '/nonexistent', url })],
  });
  expect(logTexts(good.log)[1]).toBe('300000');
  expect(good.outputs).toHaveLength(1);
  const gone = await platform.run(['true'], {
    inputs: [platform.input('two', bytes, { path: null, url: `${url}-missing` })],
  });
  expect(gone.failure).toMatchObject({ code: 'input_unavailable' });
  expect(gone.failure!.message).toContain('404');
});

test('walltime ends the run with SIGTERM, and what was written is kept', async () => {
  await using platform = await new TestPlatform().start();
  const run = await platform.run(['trap "echo saved > state; exit 9" TERM; echo begun; sleep 60 & wait'], {
    walltimeSeconds: 0.4,
  });
  expect(run).toMatchObject({
    outcome: 'walltime_exceeded',
    exitCode: 9,
    failure: { code: 'walltime_exceeded' },
  });
  expect(run.outputs.map(({ relativePath }) => relativePath)).toEqual(['state', 'process_output.log']);
  expect(logTexts(run.log).slice(1)).toEqual(['begun', 'Exited with code 9', '']);
});

test("the walltime is the job's: what runs and what waits ends with it, and what comes later too", async () => {
  await using platform = await new TestPlatform().start();
  const rest = { walltimeSeconds: 3 };
  await platform.run(['true'], rest);
  const [running, waiting] = [
    platform.assign(['trap "exit 0" TERM; sleep 300 & wait'], rest),
    platform.assign(['echo never'], rest),
  ];
  expect(await platform.finished(running.runId)).toMatchObject({ outcome: 'walltime_exceeded', exitCode: 0 });
  const ended = await platform.finished(waiting.runId);
  expect(ended).toMatchObject({ outcome: 'walltime_exceeded', exitCode: null, usage: null });
  expect(ended.failure!.message).toContain('3 seconds, counted from its first run');
  expect(await platform.run(['echo never'], rest)).toMatchObject({ outcome: 'walltime_exceeded' });
  const started = platform.events.filter(({ type }) => type === 'run_started');
  expect(started).toHaveLength(2);
});

test('a command that ignores SIGTERM is killed after the grace time', async () => {
  await using platform = await new TestPlatform({ limits: { stopGraceSeconds: 0.3 } }).start();
  const run = await platform.run(['trap "" TERM; while :; do sleep 0.1; done'], { walltimeSeconds: 0.2 });
  expect(run).toMatchObject({ outcome: 'walltime_exceeded', exitCode: 137 });
});

test('a graceful stop of the cluster stops what runs and what waits', async () => {
  await using platform = await new TestPlatform().start();
  const first = platform.assign(['trap "echo bye; exit 0" TERM; touch ready; sleep 60 & wait']);
  const second = platform.assign(['echo never']);
  await platform.until(() => existsSync(join(first.directory, 'home/work/ready')));
  platform.stop = 'graceful';
  platform.wake();
  const ended = await platform.finished(first.runId);
  expect(ended).toMatchObject({ outcome: 'stopped', exitCode: 0, failure: { code: 'stopped_by_user' } });
  expect(ended.outputs.map(({ relativePath }) => relativePath)).toEqual(['ready', 'process_output.log']);
  expect(await platform.finished(second.runId)).toMatchObject({
    outcome: 'stopped',
    exitCode: null,
    outputs: [],
  });
});

test('a forced stop kills at once and still collects outputs', async () => {
  await using platform = await new TestPlatform().start();
  const { runId, directory } = platform.assign(['trap "" TERM; echo partial > out; touch ready; sleep 60']);
  await platform.until(() => existsSync(join(directory, 'home/work/ready')));
  platform.stop = 'graceful';
  platform.wake();
  await platform.until(() => platform.requests.some(({ knownStop }) => knownStop === 'graceful'));
  platform.stop = 'force';
  platform.wake();
  const ended = await platform.finished(runId);
  expect(ended).toMatchObject({ outcome: 'stopped', exitCode: 137 });
  expect(ended.outputs.map(({ relativePath }) => relativePath)).toContain('out');
});

test('one run of several can be stopped', async () => {
  await using platform = await new TestPlatform({ slots: 2 }).start();
  const [one, other] = [
    platform.assign(['touch here; exec sleep 60']),
    platform.assign(['until [ -e go ]; do sleep 0.02; done']),
  ];
  // Stopped any sooner it may have no exit code: its command was not there yet.
  await platform.until(() => existsSync(join(one.directory, 'home/work/here')));
  await platform.started(other.runId);
  platform.stopRuns = [one.runId, 'never-heard-of'];
  platform.wake();
  expect(await platform.finished(one.runId)).toMatchObject({ outcome: 'stopped', exitCode: 143 });
  // The request comes with every answer, also when the run has ended.
  const seen = platform.requests.length;
  await platform.until(() => platform.requests.length > seen + 3);
  platform.stopRuns = [];
  writeFileSync(join(other.directory, 'home/work/go'), '');
  expect(await platform.finished(other.runId)).toMatchObject({ outcome: 'success' });
});

test.each([
  ['a short command', ':'],
  ['one that started many processes after it', 'for i in {1..120}; do (:); done'],
  ['one that took longer', 'sleep 1.1'],
])('a process that left its group with setsid does not outlive the run of %s', async (_, rest) => {
  await using platform = await new TestPlatform().start();
  const run = await platform.run([
    `setsid bash -c "echo \\$\\$ > pid; exec sleep 300" > /dev/null 2>&1 & until [ -s pid ]; do sleep 0.02; done; ${rest}`,
  ]);
  expect(run.outcome).toBe('success');
  const pid = readFileSync(join(run.directory, 'home/work/pid'), 'utf8').trim();
  await platform.until(() => !isRunning(pid));
});

test('a background process that holds the output open does not hold the run', async () => {
  await using platform = await new TestPlatform().start();
  const run = await platform.run(['sleep 300 & echo done']);
  expect(run).toMatchObject({ outcome: 'success' });
  expect(logTexts(run.log).slice(1)).toEqual(['done', 'Exited with code 0', '']);
});

test('environment modules shape the environment, and one that fails is named', async () => {
  await using platform = await new TestPlatform().start();
  const modules = join(platform.directory, 'init.sh');
  writeFileSync(
    modules,
    'module() { [ "$2" = gcc/12 ] || { echo "no module $2" >&2; return 1; }; export CC=gcc-12 LOADEDMODULES=gcc/12; }',
  );
  const runAside: RunAside = async (command, { onOutput, onStandardOutput }) => {
    const child = spawn('/bin/bash', ['-c', command], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: '/usr/bin:/bin', TEXT: 'a\nb=c' },
    });
    child.stdout.on('data', onOutput).on('data', onStandardOutput);
    child.stderr.on('data', onOutput);
    const [exitCode] = await once(child, 'close');
    return { exitCode, signal: null, usage: NO_USAGE, failure: null };
  };
  const environment = await loadModules(['gcc/12'], runAside, new StopSwitch(), modules);
  expect(environment).toMatchObject({ CC: 'gcc-12', TEXT: 'a\nb=c', PATH: '/usr/bin:/bin' });
  await expect(loadModules(['icc'], runAside, new StopSwitch(), modules)).rejects.toMatchObject({
    code: 'module_failed',
    message: expect.stringContaining('no module icc'),
  });
});

const NO_USAGE = {
  wallSeconds: 0,
  cpuSeconds: null,
  peakMemoryBytes: null,
  readBytes: null,
  writtenBytes: null,
};

function isRunning(pid: string): boolean {
  try {
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
  } catch {
    return false;
  }
}
