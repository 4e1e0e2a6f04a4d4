/** Agents that die while runs are under way: what lies on the disk is collected as it stands, and left as it is. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join, relative } from 'node:path';
import type { RunAssignment } from '@quarry/contract';
import { expect, test } from 'vitest';
import { logTexts, readLog, TestPlatform } from '../platform.ts';

const mayMount = process.getuid?.() === 0;

/** Goes on from the last state that it finds, until the sixth. */
const SOLVER =
  'n=$(ls state-* 2>/dev/null | wc -l); echo from $n; while [ $n -lt 6 ]; do n=$((n + 1)); echo state $n; pwd > state-$n; [ -e ../go ] || [ $n -lt 3 ] || { touch ../held; sleep 300; }; done';

const inHome = ({ directory }: RunAssignment, name: string) =>
  name === '' ? join(directory, 'home') : join(directory, 'home', name);
const inWork = ({ directory }: RunAssignment, name: string) => join(directory, 'home/work', name);

/** Everything in a directory, with what tells whether it was touched. */
function lookAt(directory: string): Record<string, string> {
  const names = readdirSync(directory, { recursive: true }) as string[];
  return Object.fromEntries(
    names.toSorted().map((name) => {
      const { ino, size, mode, mtimeNs, ctimeNs } = lstatSync(join(directory, name), { bigint: true });
      return [name, [ino, size, mode, mtimeNs, ctimeNs].join()];
    }),
  );
}

const modeOf = (path: string) => lstatSync(path).mode;

const sha512 = (bytes: Buffer | string) => createHash('sha512').update(bytes).digest('hex');

/** A run that holds itself after its third state, cut off by the death of its agent. */
async function cutOff(platform: TestPlatform, rest: Partial<RunAssignment> = {}): Promise<RunAssignment> {
  const run = platform.assign([SOLVER], rest);
  await platform.until(() => existsSync(inHome(run, 'held')));
  await platform.started(run.runId);
  // What is still on its way to the log dies with the agent.
  await platform.until(() => readLog(run.directory).match(/: state (\d)\n$/)?.[1] === lastStateOf(run));
  await platform.killAgent();
  return run;
}

function lastStateOf({ directory }: RunAssignment): string | undefined {
  return readdirSync(join(directory, 'home/work')).toSorted().at(-1)?.split('-')[1];
}

test.each(['off', 'auto'] as const)(
  'what a run had written when its agent was killed is collected as copies, and stays as it was (sandbox %s)',
  async (sandbox) => {
    await using platform = await new TestPlatform({ sandbox }).start();
    const inputs = [platform.input('mesh', 'a mesh'), platform.input('deck', 'a deck')];
    const run = await cutOff(platform, { inputs });
    writeFileSync(inWork(run, 'deck'), 'another');
    // Touched, but the same.
    execFileSync('touch', [inWork(run, 'mesh')]);
    const before = lookAt(join(run.directory, 'home/work'));
    const [end, ...others] = await platform.salvage();
    expect(others).toEqual([]);
    expect(end).toMatchObject({
      ...{ runId: run.runId, outcome: 'failed', exitCode: null, unfinished: true, skipped: [] },
      failure: { code: 'agent_lost' },
    });
    expect(end!.outputs.map(({ relativePath }) => relativePath)).toEqual([
      ...['deck', 'state-1', 'state-2', 'state-3', 'process_output.log'],
    ]);
    for (const { path, relativePath, sha512: digest } of end!.outputs) {
      const place = relativePath === 'process_output.log' ? run.directory : join(run.directory, 'home/work');
      expect(path.startsWith(`${run.directory}/copies/`)).toBe(true);
      expect(sha512(readFileSync(join(place, relativePath)))).toBe(digest);
      expect(sha512(readFileSync(path))).toBe(digest);
    }
    expect(logTexts(readLog(run.directory))).toEqual([
      expect.stringMatching(/^Launching /),
      ...['from 0', 'state 1', 'state 2', 'state 3'],
    ]);
    expect(end!.directoryBytes).toBeGreaterThan(5 * 4096);
    expect(lookAt(join(run.directory, 'home/work'))).toEqual(before);
    // Whatever it was while the run was executed.
    expect(lstatSync(join(run.directory, 'home')).isDirectory()).toBe(true);
  },
);

test.each(['off', 'auto'] as const)(
  'a run is resumed in the same place by another cluster, from its last state, and puts out the whole (sandbox %s)',
  async (sandbox) => {
    await using platform = await new TestPlatform({ sandbox, hiddenPaths: ['/work'] }).start();
    const inputs = [platform.input('mesh', 'a mesh')];
    const run = await cutOff(platform, { inputs });
    await platform.salvage();
    await using next = await new TestPlatform({ sandbox, hiddenPaths: ['/work'] }).start();
    writeFileSync(inHome(run, 'go'), '');
    const resumed = await next.run([SOLVER], {
      inputs,
      directory: run.directory,
      resume: true,
      runId: '1.2',
    });
    expect(resumed).toMatchObject({ outcome: 'success', exitCode: 0, failure: null, unfinished: false });
    expect(resumed.outputs.map(({ relativePath }) => relativePath)).toEqual([
      ...['state-1', 'state-2', 'state-3', 'state-4', 'state-5', 'state-6', 'process_output.log'],
    ]);
    expect(readFileSync(inWork(run, 'state-6'), 'utf8')).toBe(readFileSync(inWork(run, 'state-1'), 'utf8'));
    expect(logTexts(resumed.log).filter((line) => !line.startsWith('Launching'))).toEqual([
      ...['from 0', 'state 1', 'state 2', 'state 3'],
      'Resumed in the directory that the attempt before has left, with the command of tile 1.',
      ...['from 3', 'state 4', 'state 5', 'state 6', 'Exited with code 0', ''],
    ]);
  },
);

test.each(['off', 'auto'] as const)(
  'a resumed run whose agent dies again is collected and resumed again (sandbox %s)',
  async (sandbox) => {
    await using platform = await new TestPlatform({ sandbox }).start();
    const run = await cutOff(platform);
    await platform.salvage();
    await using second = await new TestPlatform({ sandbox }).start();
    rmSync(inHome(run, 'held'));
    await cutOff(second, { directory: run.directory, resume: true });
    const [end] = await second.salvage();
    expect(end).toMatchObject({ outcome: 'failed', unfinished: true, failure: { code: 'agent_lost' } });
    expect(end!.outputs.map(({ relativePath }) => relativePath)).toContain('state-4');
    await using third = await new TestPlatform({ sandbox }).start();
    writeFileSync(inHome(run, 'go'), '');
    const resumed = await third.run([SOLVER], { directory: run.directory, resume: true });
    expect(resumed.outcome).toBe('success');
    expect(logTexts(resumed.log).filter((line) => line.startsWith('from'))).toEqual([
      ...['from 0', 'from 3', 'from 4'],
    ]);
  },
);

test('of the tiles and scripts of a resumed run none that has ended is executed again', async () => {
  await using platform = await new TestPlatform().start();
  const print = (what: string) => ({ file: null, command: `echo ${what} >> steps` });
  const template = platform.input('b.template', `\${x}\n`);
  const tiles = [
    {
      command: 'echo one >> steps',
      preProcess: print('pre one'),
      postProcess: { file: null, command: `echo post one >> steps; printf 'f\\t1\\n'` },
    },
    {
      command:
        'echo two >> steps; [ -e ../go ] || { echo changed > b; touch ../held; sleep 300; }; cat b >> steps',
      templates: [{ file: template, processedFilename: 'b' }],
      preProcess: print('pre two'),
      postProcess: { file: null, command: `printf 'g\\t2\\n'` },
    },
    { command: 'cat c >> steps', templates: [{ file: template, processedFilename: 'c' }] },
  ];
  const rest: Partial<RunAssignment> = { variables: [['x', 'rendered']] };
  const run = platform.assign(tiles, rest);
  await platform.until(() => existsSync(inHome(run, 'held')));
  await platform.started(run.runId);
  await platform.killAgent();
  const [end] = await platform.salvage();
  expect(end!.variables).toEqual([{ name: 'f', value: 1 }]);
  expect(end!.outputs.map(({ relativePath }) => relativePath)).toEqual(['b', 'steps', 'process_output.log']);
  await using next = await new TestPlatform().start();
  writeFileSync(inHome(run, 'go'), '');
  const resumed = await next.run(tiles, { ...rest, directory: run.directory, resume: true });
  expect(resumed).toMatchObject({
    outcome: 'success',
    variables: [
      { name: 'f', value: 1 },
      { name: 'g', value: 2 },
    ],
  });
  expect(readFileSync(inWork(run, 'steps'), 'utf8').trim().split('\n')).toEqual([
    ...['pre one', 'one', 'post one', 'pre two', 'two', 'two', 'changed', 'rendered'],
  ]);
  expect(resumed.outputs.map(({ relativePath }) => relativePath)).toEqual([
    'b',
    'steps',
    'process_output.log',
  ]);
});

test('a run whose commands were over when its agent was killed ends as they had ended', async () => {
  await using platform = await new TestPlatform().start();
  // Hashing this takes a moment.
  const run = platform.assign(['truncate -s 2G zeros; echo done > result', 'exit 3']);
  const record = join(run.directory, 'record.ndjson');
  await platform.until(() => existsSync(record) && readFileSync(record, 'utf8').includes('"verdict"'));
  await platform.killAgent();
  truncateSync(inWork(run, 'zeros'), 1000);
  const [end] = await platform.salvage();
  expect(end).toMatchObject({
    ...{ runId: run.runId, outcome: 'failed', exitCode: 3, unfinished: false },
    failure: { code: 'command_failed' },
  });
  expect(end!.outputs.map(({ path }) => path)).toEqual([
    inWork(run, 'result'),
    inWork(run, 'zeros'),
    join(run.directory, 'process_output.log'),
  ]);
});

test.each([
  { sandbox: 'off', exitCode: 3, first: 'failed', code: 'command_failed', last: 'failed' },
  { sandbox: 'auto', exitCode: 0, first: 'stopped', code: 'stopped_by_user', last: 'success' },
] as const)(
  'a run whose commands were over is only collected when it is resumed, and says how it had ended (sandbox $sandbox, exit code $exitCode)',
  async ({ sandbox, exitCode, first, code, last }) => {
    await using platform = await new TestPlatform({ sandbox }).start();
    const command = `echo ran >> ../count; truncate -s 2G zeros; echo done > result; exit ${exitCode}`;
    const run = platform.assign([command]);
    const record = join(run.directory, 'record.ndjson');
    await platform.until(() => existsSync(record) && readFileSync(record, 'utf8').includes('"verdict"'));
    await platform.killAgent();
    const salvage = platform.startSalvage({ isStopped: true });
    await once(salvage, 'exit');
    const [end] = await platform.salvage();
    expect(end).toMatchObject({ outcome: first, exitCode, failure: { code }, unfinished: true });
    expect(end!.outputs.map(({ relativePath }) => relativePath)).toEqual(['process_output.log']);
    truncateSync(inWork(run, 'zeros'), 1000);
    // One that was stopped before its turn, or whose agent ends first, leaves it as it was.
    await using other = await new TestPlatform({ sandbox }).start();
    other.stop = 'graceful';
    const stopped = await other.run([command], { directory: run.directory, resume: true });
    expect(stopped).toMatchObject({ outcome: 'stopped', unfinished: true, outputs: [] });
    await using next = await new TestPlatform({ sandbox }).start();
    const resumed = await next.run([command], { directory: run.directory, resume: true });
    expect(resumed).toMatchObject({ outcome: last, exitCode, unfinished: false, skipped: [] });
    expect(resumed.outputs.map(({ relativePath }) => relativePath)).toEqual([
      ...['result', 'zeros', 'process_output.log'],
    ]);
    expect(readFileSync(inHome(run, 'count'), 'utf8')).toBe('ran\n');
    expect(logTexts(resumed.log).at(-1)).toMatch(/only its outputs are collected/);
    expect(lstatSync(inHome(run, '')).isDirectory()).toBe(true);
  },
);

test('an output without a name in text that its agent has moved away is where it was, and among the outputs', async () => {
  await using platform = await new TestPlatform().start();
  const make = String.raw`mkdir -p d; echo bytes > d/$'bad\xff'; chmod 500 d; truncate -s 3G zeros`;
  const run = platform.assign([make]);
  const record = join(run.directory, 'record.ndjson');
  const moves = () => readFileSync(record, 'utf8').split('"aside":["home/work/d/').length - 1;
  // It comes first, and hashing the other takes a moment.
  await platform.until(() => existsSync(join(run.directory, 'copies/1')));
  await platform.killAgent();
  const first = platform.startSalvage();
  await platform.until(() => moves() === 2 && existsSync(join(run.directory, 'copies/1')));
  first.kill('SIGKILL');
  await once(first, 'exit');
  truncateSync(inWork(run, 'zeros'), 1000);
  const [end] = await platform.salvage();
  expect(end).toMatchObject({ outcome: 'success', skipped: [] });
  expect(end!.outputs.map(({ relativePath }) => relativePath)).toEqual([
    ...['d/%bytes=bad%FF', 'zeros', 'process_output.log'],
  ]);
  expect(readFileSync(end!.outputs[0]!.path, 'utf8')).toBe('bytes\n');
  expect(moves()).toBe(3);
});

test('a salvage that is killed and done again comes to the same, and nothing is there twice', async () => {
  await using platform = await new TestPlatform({ slots: 2 }).start();
  const many = 'mkdir many; for i in $(seq 400); do echo $i > many/$i; done; touch ../held; sleep 300';
  const runs = [platform.assign([many]), platform.assign([many])];
  await platform.until(() => runs.every((run) => existsSync(inHome(run, 'held'))));
  for (const { runId } of runs) {
    await platform.started(runId);
  }
  await platform.killAgent();
  const first = platform.startSalvage();
  await platform.until(
    () => existsSync(join(runs[0]!.directory, 'copies')) || existsSync(join(runs[1]!.directory, 'copies')),
  );
  first.kill('SIGKILL');
  await once(first, 'exit');
  const done = platform.journal().filter(({ type }) => type === 'run_finished').length;
  expect(done).toBeLessThan(2);
  const ends = await platform.salvage();
  expect(ends.map(({ runId }) => runId).toSorted()).toEqual(runs.map(({ runId }) => runId).toSorted());
  for (const { outputs, skipped } of ends) {
    expect(skipped).toEqual([]);
    expect(new Set(outputs.map(({ relativePath }) => relativePath)).size).toBe(401);
    expect(outputs.every(({ path }) => existsSync(path))).toBe(true);
  }
  expect(await platform.salvage()).toEqual(ends);
  expect(platform.journal().map(({ seq }) => seq)).toEqual(platform.journal().map((_, index) => index + 1));
});

test('an agent that is started again for its cluster collects what the one before has left, and goes on', async () => {
  await using platform = await new TestPlatform().start();
  const run = await cutOff(platform);
  platform.startAgent();
  const end = await platform.finished(run.runId);
  expect(end).toMatchObject({ outcome: 'failed', unfinished: true });
  expect(end.outputs.map(({ relativePath }) => relativePath)).toContain('state-3');
  expect(await platform.run(['true'])).toMatchObject({ outcome: 'success' });
});

test('an agent that dies having just taken a resumed run into its slot loses nothing of it', async () => {
  await using platform = await new TestPlatform({ sandbox: 'auto' }).start();
  const run = await cutOff(platform);
  await platform.salvage();
  const states = readdirSync(join(run.directory, 'home/work')).toSorted();
  await using next = new TestPlatform({ sandbox: 'auto' });
  const death = `import fs from "node:fs"; import { syncBuiltinESMExports } from "node:module"; const { renameSync } = fs;
    fs.renameSync = (from, to) => { renameSync(from, to); if (String(from).endsWith("/home.link")) process.kill(process.pid, "SIGKILL"); };
    syncBuiltinESMExports();`;
  next.agentEnvironment = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(death)}` };
  await next.start();
  const resumed = next.assign([SOLVER], { directory: run.directory, resume: true, runId: '1.2' });
  expect(await next.exited()).toBeNull();
  next.agentEnvironment = {};
  next.startAgent();
  const end = await next.finished(resumed.runId);
  expect(end).toMatchObject({ outcome: 'failed', unfinished: true });
  expect(readdirSync(join(run.directory, 'home/work')).toSorted()).toEqual(states);
});

test('nothing is collected of runs that get another attempt', async () => {
  await using platform = await new TestPlatform().start();
  const run = await cutOff(platform);
  const [end] = await platform.salvage({ again: [run.runId] });
  expect(end).toMatchObject({ unfinished: true, outputs: [], skipped: [], failure: { code: 'agent_lost' } });
  expect(existsSync(inWork(run, 'state-3'))).toBe(true);
});

test('an agent that is told to end stops its runs gracefully and leaves them, to be collected and resumed', async () => {
  await using platform = await new TestPlatform().start();
  const solver = `[ -e ../go ] && { cat saved; exit; }; trap 'echo saved > saved; exit 7' TERM; touch ../held; sleep 300 & wait`;
  const run = platform.assign([solver]);
  const waiting = platform.assign(['true']);
  await platform.until(() => existsSync(inHome(run, 'held')));
  platform.agent!.kill('SIGTERM');
  expect(await platform.exited()).toBe(0);
  expect(platform.events.at(-1)).toMatchObject({ type: 'agent_stopped' });
  expect(platform.events.filter(({ type }) => type === 'run_finished')).toEqual([]);
  const [end, ...others] = await platform.salvage();
  expect(others).toEqual([]);
  expect(end).toMatchObject({
    ...{ runId: run.runId, outcome: 'stopped', exitCode: 7, unfinished: true },
    failure: { code: 'cluster_stopped' },
  });
  expect(end!.outputs.map(({ relativePath }) => relativePath)).toEqual(['saved', 'process_output.log']);
  expect(existsSync(waiting.directory)).toBe(false);
  await using next = await new TestPlatform().start();
  writeFileSync(inHome(run, 'go'), '');
  const resumed = await next.run([solver], { directory: run.directory, resume: true });
  expect(resumed).toMatchObject({ outcome: 'success' });
  expect(logTexts(resumed.log)).toContain('saved');
});

test('a run without a record, as agents of earlier versions left them, is collected whole and resumed by what the journal tells', async () => {
  await using platform = await new TestPlatform().start();
  const inputs = [platform.input('mesh', 'a mesh'), platform.input('deck', 'a deck')];
  const tiles = [
    'echo one >> steps',
    'echo two >> steps; [ -e ../go ] || { echo more >> deck; touch ../held; sleep 300; }',
  ];
  const run = platform.assign(tiles, { inputs });
  await platform.until(() => existsSync(inHome(run, 'held')));
  await platform.started(run.runId);
  await platform.killAgent();
  rmSync(join(run.directory, 'record.ndjson'));
  const [end] = await platform.salvage();
  expect(end!.outputs.map(({ relativePath }) => relativePath)).toEqual([
    ...['deck', 'mesh', 'steps', 'process_output.log'],
  ]);
  await using next = await new TestPlatform().start();
  writeFileSync(inHome(run, 'go'), '');
  const resumed = await next.run(tiles, { inputs, directory: run.directory, resume: true });
  expect(resumed.outcome).toBe('success');
  expect(readFileSync(inWork(run, 'steps'), 'utf8')).toBe('one\ntwo\ntwo\n');
  expect(resumed.outputs.map(({ relativePath }) => relativePath)).toEqual([
    ...['deck', 'steps', 'process_output.log'],
  ]);
});

test('a record and a log that were cut short are mended before they go on', async () => {
  await using platform = await new TestPlatform().start();
  const run = await cutOff(platform);
  const record = join(run.directory, 'record.ndjson');
  writeFileSync(record, `${readFileSync(record, 'utf8')}{"ended":{"ti`);
  writeFileSync(join(run.directory, 'process_output.log'), '[2026-01-05T09:00:00Z]: cut of');
  await platform.salvage();
  await using next = await new TestPlatform().start();
  writeFileSync(inHome(run, 'go'), '');
  const resumed = await next.run([SOLVER], { directory: run.directory, resume: true });
  expect(resumed.outcome).toBe('success');
  expect(logTexts(resumed.log).slice(0, 2)).toEqual(['cut of', expect.stringMatching(/^Resumed in/)]);
  const lines = readFileSync(record, 'utf8').trimEnd().split('\n');
  expect(() => lines.map((line) => JSON.parse(line))).not.toThrow();
});

test('a run that has made its directories read-only is collected and resumed all the same', async () => {
  await using platform = await new TestPlatform().start();
  const command =
    'if [ -e ../go ]; then chmod u+w . ..; echo on; else echo state > state; touch ../held; chmod a-w . ..; sleep 300; fi';
  const run = platform.assign([command]);
  await platform.started(run.runId);
  await platform.until(() => existsSync(inHome(run, 'held')) && (modeOf(inHome(run, '')) & 0o200) === 0);
  await platform.killAgent();
  const [end] = await platform.salvage();
  expect(end!.outputs.map(({ relativePath }) => relativePath)).toEqual(['state', 'process_output.log']);
  await using next = await new TestPlatform().start();
  chmodSync(inHome(run, ''), 0o700);
  writeFileSync(inHome(run, 'go'), '');
  chmodSync(inHome(run, ''), 0o500);
  const resumed = await next.run([command], { directory: run.directory, resume: true });
  expect(resumed).toMatchObject({ outcome: 'success' });
  expect(logTexts(resumed.log)).toContain('on');
});

test('a run whose directory is gone is not resumed, in words', async () => {
  await using platform = await new TestPlatform().start();
  const directory = join(platform.directory, 'nowhere');
  mkdirSync(directory);
  const end = await platform.run(['true'], { directory, resume: true });
  expect(end).toMatchObject({ outcome: 'failed', failure: { code: 'directory_lost' }, unfinished: true });
  expect(end.failure!.hint).toContain('runs/rerun/');
  // A link in the place of the directory is told as what it is.
  const elsewhere = join(platform.directory, 'elsewhere');
  mkdirSync(join(elsewhere, 'work'), { recursive: true });
  mkdirSync(join(directory, 'home'));
  symlinkSync(join(elsewhere, 'work'), join(directory, 'home/work'));
  const linked = await platform.run(['true'], { directory, resume: true });
  expect(linked).toMatchObject({ outcome: 'failed', failure: { code: 'directory_lost' }, unfinished: true });
  expect(linked.failure!.message).toContain(`${join(directory, 'home/work')} is a link`);
});

test.each(['off', 'auto'] as const)(
  'a run that could not go on, or was stopped before, is left as it was (sandbox %s)',
  async (sandbox) => {
    await using platform = await new TestPlatform({ sandbox }).start();
    const run = await cutOff(platform);
    await platform.salvage();
    const before = lookAt(join(run.directory, 'home/work'));
    await using next = await new TestPlatform({ sandbox }).start();
    const goOn = { directory: run.directory, resume: true };
    const impossible = await next.run([{ command: 'true', environment: { X: 'a\0b' } }], goOn);
    expect(impossible).toMatchObject({
      ...{ outcome: 'failed', unfinished: true, outputs: [], directoryBytes: null },
      failure: { code: 'command_not_started' },
    });
    next.assign(['until [ -e ../go ]; do sleep 0.02; done']);
    const waiting = next.assign([SOLVER], goOn);
    await next.until(() => next.requests.at(-1)?.lastBatch === 3);
    next.stopRuns = [waiting.runId];
    next.wake();
    expect(await next.finished(waiting.runId)).toMatchObject({ outcome: 'stopped', unfinished: true });
    next.stopRuns = [];
    // The agent's own two names apart.
    const { 'process_output.log': _, ...after } = lookAt(join(run.directory, 'home/work'));
    expect(before).toMatchObject(after);
    expect(Object.keys(after)).toEqual(['state-1', 'state-2', 'state-3']);
    writeFileSync(inHome(run, 'go'), '');
    await using last = await new TestPlatform({ sandbox }).start();
    expect(await last.run([SOLVER], goOn)).toMatchObject({ outcome: 'success', unfinished: false });
  },
);

test('a home that an agent died moving into a slot, or out of it, is found by the next', async () => {
  await using platform = await new TestPlatform({ sandbox: 'auto' }).start();
  const run = await cutOff(platform);
  const slots = join(platform.cluster.directory, 'slots');
  // The link is gone and the home was not brought: what an agent that dies in between leaves.
  rmSync(inHome(run, ''), { force: true });
  expect(existsSync(join(slots, '1', '1', 'home/work/state-3'))).toBe(true);
  const [end] = await platform.salvage();
  expect(end!.outputs.map(({ relativePath }) => relativePath)).toContain('state-3');
  expect(existsSync(inWork(run, 'state-3'))).toBe(true);
  // And the other way: it lies in the slot of the next cluster, and a link that has not got its name yet tells of it.
  await using next = await new TestPlatform({ sandbox: 'auto', beside: platform }).start();
  await next.until(() => next.events.length > 0);
  await next.killAgent();
  const lent = join(next.cluster.directory, 'slots/1/1');
  mkdirSync(lent, { recursive: true });
  renameSync(inHome(run, ''), join(lent, 'home'));
  symlinkSync(relative(run.directory, join(lent, 'home')), join(run.directory, 'home.link'));
  await using last = await new TestPlatform({ sandbox: 'auto', beside: platform }).start();
  const goOn = last.assign([SOLVER], { directory: run.directory, resume: true });
  await last.started(goOn.runId);
  writeFileSync(inHome(run, 'go'), '');
  expect(await last.finished(goOn.runId)).toMatchObject({ outcome: 'success' });
  expect(readLog(run.directory)).toContain('from 3');
});

test('the end of a salvage that is told to stop does not wait for a file, and the log is there', async () => {
  await using platform = await new TestPlatform().start();
  const run = platform.assign(['truncate -s 20G zeros; echo said; touch ../held; sleep 300']);
  await platform.until(() => existsSync(inHome(run, 'held')));
  await platform.started(run.runId);
  await platform.killAgent();
  const child = platform.startSalvage();
  // The log is first, and the large file under way.
  await platform.until(() => existsSync(join(run.directory, 'copies/2')));
  child.kill('SIGTERM');
  await once(child, 'exit');
  const [end] = await platform.salvage();
  expect(end!.outputs.map(({ relativePath }) => relativePath)).toEqual(['process_output.log']);
  expect(end!.skipped).toEqual([{ relativePath: 'zeros', reason: 'the run was stopped while it was read' }]);
  expect(readdirSync(join(run.directory, 'copies'))).toEqual(['1']);
});

test('a salvage waits for one that is under way, and does nothing beside an agent that lives', async () => {
  await using platform = await new TestPlatform().start();
  await platform.until(() => platform.events.length > 0);
  const [code] = await once(platform.startSalvage(), 'exit');
  expect(code).toBe(1);
  expect(platform.agentErrors).toContain('Another agent');
  const run = await cutOff(platform);
  const both = [platform.startSalvage(), platform.startSalvage()];
  expect(await Promise.all(both.map((child) => once(child, 'exit')))).toEqual([
    [0, null],
    [0, null],
  ]);
  const ends = platform.journal().filter(({ type }) => type === 'run_finished');
  expect(ends).toHaveLength(1);
  expect(ends[0]).toMatchObject({ runId: run.runId });
});

test('events that the server has and the journal lacks keep their numbers', async () => {
  await using platform = await new TestPlatform().start();
  await cutOff(platform);
  const [end] = await platform.salvage({ appliedEvent: 17 });
  expect(end!.seq).toBe(18);
});

test('a lock from before the host was booted holds nobody up, even if its process number is in use again', async () => {
  await using platform = new TestPlatform();
  await platform.listen();
  const lock = join(platform.cluster.directory, 'agent.lock');
  const stat = readFileSync('/proc/self/stat', 'utf8');
  const owner = {
    pid: process.pid,
    startTicks: stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19],
    host: readFileSync('/proc/sys/kernel/hostname', 'utf8').trim(),
  };
  const bootId = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  for (const held of [owner, { ...owner, bootId }]) {
    writeFileSync(lock, JSON.stringify(held));
    platform.startAgent();
    expect(await platform.exited()).toBe(1);
  }
  writeFileSync(
    lock,
    JSON.stringify({ ...owner, bootId: bootId.replace(/^./, (digit) => (digit === '0' ? '1' : '0')) }),
  );
  platform.startAgent();
  expect(await platform.run(['true'])).toMatchObject({ outcome: 'success' });
});

test.skipIf(!mayMount)(
  'without space for copies the log is kept if it fits, and the rest is told',
  async () => {
    await using platform = new TestPlatform();
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=160m', 'tmpfs', platform.cluster.directory]);
    try {
      await platform.start();
      const run = platform.assign([
        'echo said; head -c 60000000 /dev/urandom > large; touch ../held; sleep 300',
      ]);
      await platform.until(() => existsSync(inHome(run, 'held')));
      await platform.started(run.runId);
      await platform.killAgent();
      const before = lookAt(run.directory);
      const [end] = await platform.salvage();
      expect(end!.outputs.map(({ relativePath }) => relativePath)).toEqual(['process_output.log']);
      expect(end!.skipped).toEqual([
        {
          relativePath: 'large',
          reason: 'there is no space for a copy; it is kept in the directory of the run',
        },
      ]);
      rmSync(join(run.directory, 'copies'), { recursive: true });
      expect(lookAt(run.directory)).toEqual(before);
    } finally {
      execFileSync('umount', ['-l', platform.cluster.directory]);
    }
  },
);
