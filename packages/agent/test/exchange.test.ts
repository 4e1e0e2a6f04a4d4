import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AgentRequest } from '@quarry/contract';
import { expect, test } from 'vitest';
import { logTexts, TestPlatform } from './platform.ts';

test('the agent names itself first, and leaves when told that it is done', async () => {
  await using platform = await new TestPlatform().start();
  await platform.run(['true']);
  platform.done = true;
  platform.wake();
  expect(await platform.exited()).toBe(0);
  expect(platform.events.map(({ type }) => type)).toEqual([
    'agent_started',
    'run_started',
    'tile_exited',
    'run_finished',
    'agent_stopped',
  ]);
  expect(platform.events.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5]);
  expect(platform.events[0]).toMatchObject({ pid: platform.agent!.pid, sandbox: 'none' });
  expect(existsSync(join(platform.cluster.directory, 'agent.lock'))).toBe(false);
  expect(platform.agentErrors).toBe('');
});

test('news does not wait for a poll to end', async () => {
  await using platform = await new TestPlatform().start();
  await platform.until(() => platform.requests.some(({ waitSeconds }) => waitSeconds > 0));
  const begun = Date.now();
  await platform.run(['true']);
  expect(Date.now() - begun).toBeLessThan(5_000);
  expect(
    platform.requests.filter(({ events }) => events.length > 0).every(({ waitSeconds }) => waitSeconds === 0),
  ).toBe(true);
});

test('a request is done once, however often it comes, and what the agent does not know is left alone', async () => {
  await using platform = await new TestPlatform({ slots: 2 }).start();
  const run = platform.assign([
    'trap "echo got >> heard" USR1; touch ready; until [ -e go ]; do sleep 0.02; done',
  ]);
  await platform.until(() => existsSync(join(run.directory, 'home/work/ready')));
  const ask = (id: string, more: object = {}) =>
    ({ id, kind: 'signal', runId: run.runId, signal: 'SIGUSR1', ...more }) as AgentRequest;
  platform.asks = [
    ask('one'),
    ask('one'),
    ask('nobody', { runId: '99' }),
    ask('unhandled', { signal: 'SIGUSR2' }),
    ask('strange', { signal: 'SIGKILL' }),
    ask('later', { kind: 'dance' }),
  ];
  platform.refusals.push(503);
  platform.wake();
  const told = () => platform.events.filter((event) => event.type === 'run_signalled');
  await platform.until(() => told().length === 4);
  for (let round = 0; round < 3; round += 1) {
    const seen = platform.requests.length;
    platform.wake();
    await platform.until(() => platform.requests.length > seen);
  }
  expect(told().map(({ requestId, processes, refusal }) => [requestId, processes, refusal])).toEqual([
    ['one', 1, null],
    ['nobody', 0, 'no_command'],
    ['unhandled', 0, 'not_handled'],
    ['strange', 0, 'unknown_signal'],
  ]);
  expect(platform.requests.at(-1)).toMatchObject({
    understands: expect.arrayContaining(['signal', 'list', 'look', 'read', 'take_snapshot']),
    knownRequests: ['one', 'one', 'nobody', 'unhandled', 'strange', 'later'],
  });
  writeFileSync(join(run.directory, 'home/work/go'), '');
  expect(await platform.finished(run.runId)).toMatchObject({ outcome: 'success' });
  expect(readFileSync(join(run.directory, 'home/work/heard'), 'utf8')).toBe('got\n');
});

test('work goes on while the server is away, and everything arrives in order and once when it is back elsewhere', async () => {
  await using platform = await new TestPlatform().start();
  const first = platform.assign(['touch ready; until [ -e go ]; do sleep 0.02; done', 'echo second']);
  const second = platform.assign(['echo next']);
  await platform.until(() => existsSync(join(first.directory, 'home/work/ready')));
  await platform.until(() => platform.requests.at(-1)?.lastBatch === 2);
  await platform.unlisten({ forgetPort: true });
  writeFileSync(join(first.directory, 'home/work/go'), '');
  const journal = join(platform.cluster.directory, 'journal.ndjson');
  await platform.until(() =>
    readFileSync(journal, 'utf8').includes(`"run_finished","runId":"${second.runId}"`),
  );
  await platform.listen();
  expect(await platform.finished(second.runId)).toMatchObject({ outcome: 'success' });
  const lines = readFileSync(journal, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(platform.events).toEqual(lines);
  expect(platform.events.map(({ seq }) => seq)).toEqual(lines.map((_, index) => index + 1));
});

test('a batch that is sent again is executed once', async () => {
  await using platform = await new TestPlatform().start();
  platform.repeatsBatches = true;
  for (let round = 0; round < 5; round += 1) {
    await platform.run(['echo x >> $HOME/../../../count']);
  }
  expect(readFileSync(join(platform.cluster.directory, 'runs', '..', 'count'), 'utf8')).toBe('x\n'.repeat(5));
  expect(platform.events.filter(({ type }) => type === 'run_finished')).toHaveLength(5);
});

test('errors of the server are waited out, and a page of another program does not end the work', async () => {
  await using platform = new TestPlatform();
  platform.refusals.push(500, 'page', 429);
  await platform.start();
  expect(await platform.run(['true'])).toMatchObject({ outcome: 'success' });
});

test.each([401, 404, 410])(
  'when the server answers %i the cluster is gone: the agent stops everything and leaves',
  async (status) => {
    await using platform = await new TestPlatform().start();
    const { directory } = platform.assign(['echo $$ > new; mv new pid; sleep 300']);
    await platform.until(() => existsSync(join(directory, 'home/work/pid')));
    const pid = Number(readFileSync(join(directory, 'home/work/pid'), 'utf8'));
    platform.refusals.push(status);
    platform.wake();
    expect(await platform.exited()).toBe(0);
    await platform.until(() => !isAlive(pid));
  },
);

test('when the server is away and the directory was deleted, the agent stops everything and leaves', async () => {
  await using platform = await new TestPlatform().start();
  const { runId } = platform.assign(['sleep 300']);
  await platform.started(runId);
  await platform.unlisten();
  rmSync(platform.cluster.directory, { recursive: true });
  expect(await platform.exited()).toBe(0);
});

test('a fault of the agent itself ends its runs in words, is written down, and stops it', async () => {
  await using platform = new TestPlatform();
  const fault =
    'import fs from "node:fs"; setInterval(() => { if (fs.existsSync(process.env.FAULT)) throw new Error("a fault"); }, 20);';
  const trigger = join(platform.directory, 'fault');
  platform.agentEnvironment = {
    FAULT: trigger,
    NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(fault)}`,
  };
  await platform.start();
  const { runId } = platform.assign(['echo begun; sleep 300']);
  await platform.started(runId);
  writeFileSync(trigger, '');
  await platform.until(() => platform.events.some(({ type }) => type === 'agent_stopped'));
  rmSync(trigger);
  expect(await platform.exited()).toBe(1);
  expect(platform.agentErrors).toContain('Error: a fault');
  const [ended] = await platform.salvage();
  expect(ended).toMatchObject({ runId, outcome: 'failed', exitCode: 137, failure: { code: 'agent_error' } });
  expect(ended!.failure!.message).toContain('a fault');
});

test('a second agent of the same cluster refuses to start, one after a dead agent goes on numbering', async () => {
  await using platform = await new TestPlatform().start();
  const { runId, directory } = platform.assign(['echo $$ > new; mv new pid; sleep 300']);
  await platform.until(() => existsSync(join(directory, 'home/work/pid')));
  await platform.started(runId);
  const first = platform.agent!;
  platform.startAgent();
  expect(await platform.exited()).toBe(1);
  expect(platform.agentErrors).toContain('Another agent');
  first.kill('SIGKILL');
  await platform.until(() => first.signalCode === 'SIGKILL');
  const before = platform.events.at(-1)!.seq;
  platform.startAgent();
  expect(await platform.finished(runId)).toMatchObject({
    outcome: 'failed',
    failure: { code: 'agent_lost' },
  });
  expect(
    platform.events.filter(({ seq }) => seq > before).map(({ seq, type }) => [seq - before, type]),
  ).toEqual([
    [1, 'run_finished'],
    [2, 'agent_started'],
  ]);
  const pid = Number(readFileSync(join(directory, 'home/work/pid'), 'utf8'));
  await platform.until(() => !isAlive(pid));
  expect(await platform.run(['true'])).toMatchObject({ outcome: 'success' });
});

test('an agent after a dead one executes no run again that had begun, but a further attempt, and knows the walltime', async () => {
  await using platform = await new TestPlatform().start();
  const rest = { walltimeSeconds: 3600 };
  const command = ['echo x >> $HOME/../../../count; touch ready; sleep 300'];
  const begun = platform.assign(command, { ...rest, runId: '17' });
  await platform.until(() => existsSync(join(begun.directory, 'home/work/ready')));
  await platform.started('17');
  platform.agent!.kill('SIGKILL');
  await platform.exited();
  const count = () => readFileSync(join(platform.cluster.directory, 'count'), 'utf8');
  expect(count()).toBe('x\n');
  // The server sends what it has no end of once more.
  platform.assign(command, { ...rest, runId: '17', directory: begun.directory });
  platform.startAgent();
  expect(await platform.finished('17')).toMatchObject({ outcome: 'failed', failure: { code: 'agent_lost' } });
  const again = await platform.run(['echo x >> $HOME/../../../count; ls'], {
    ...{ ...rest, runId: '17.2', directory: begun.directory },
  });
  expect(again.outcome).toBe('success');
  expect(logTexts(again.log)[1]).toBe('process_output.log');
  expect(count()).toBe('x\nx\n');
  expect(platform.events.filter(({ type }) => type === 'run_started')).toHaveLength(2);
  // The time of the first agent's first run counts: two hours ago it is long over.
  platform.agent!.kill('SIGKILL');
  await platform.exited();
  const journal = join(platform.cluster.directory, 'journal.ndjson');
  const text = readFileSync(journal, 'utf8').replace(
    /("seq":2,.*?"monotonicMs":)([\d.]+)/,
    (_, before, at) => `${before}${Number(at) - 2 * 3_600_000}`,
  );
  writeFileSync(journal, text);
  platform.startAgent();
  expect(await platform.run(['echo never'], rest)).toMatchObject({
    outcome: 'walltime_exceeded',
    exitCode: null,
  });
});

test('hundreds of short runs on two slots end each exactly once, and the agent stays small', async () => {
  await using platform = await new TestPlatform({ slots: 2 }).start();
  const runs = Array.from({ length: 200 }, () => platform.assign([':']));
  await platform.until(
    () => platform.events.filter(({ type }) => type === 'run_finished').length === runs.length,
  );
  const finished = platform.events.flatMap((event) => (event.type === 'run_finished' ? [event.runId] : []));
  expect(new Set(finished)).toEqual(new Set(runs.map(({ runId }) => runId)));
  const status = readFileSync(`/proc/${platform.agent!.pid}/status`, 'utf8');
  expect(Number(/VmRSS:\s+(\d+)/.exec(status)![1])).toBeLessThan(160 * 1024);
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

test('what is stopped by force and then not wanted at all is not collected any more', async () => {
  // Far longer than it takes until the first is told of the collection.
  await using platform = await new TestPlatform({ limits: { stopGraceSeconds: 60 } }).start();
  // Bytes that take no space, and take their time to be hashed.
  const run = platform.assign(['truncate -s 500G huge; touch ready; sleep 300']);
  await platform.until(() => existsSync(join(run.directory, 'home/work/ready')));
  platform.stop = 'force';
  await platform.until(() => {
    platform.wake();
    return platform.events.some(({ type }) => type === 'run_collecting');
  });
  expect(platform.requests.at(-1)).toMatchObject({ knownStop: 'force', knowsDiscard: false });
  platform.discard = true;
  await platform.until(() => {
    platform.wake();
    return platform.requests.at(-1)!.knowsDiscard === true;
  });
  const { outcome, outputs } = await platform.finished(run.runId);
  const paths = outputs.map(({ relativePath }) => relativePath);
  expect([outcome, paths.at(-1)]).toEqual(['stopped', 'process_output.log']);
  expect(paths).not.toContain('huge');
});
