import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { AgentRequests } from '../../src/jobs/life/agent-requests.ts';
import { LIMITS } from '../../src/limits.ts';
import { type Platform, startPlatform } from '../../testing/start-platform.ts';
import {
  agentOf,
  clusterOf,
  definition,
  logOf,
  reach,
  saveJob,
  submitJob,
  until,
  untilPrinted,
} from '../platform-harness.ts';

const send = (platform: Platform, jobId: string, signal: unknown, run = '1') =>
  platform.call('POST', `/api/v2/jobs/${jobId}/runs/${run}/signal/`, { signal });

/** A shell that says which signals come, beside processes that none of them is for. */
const HEARING = `for s in USR1 USR2 HUP; do trap "echo got $s" $s; done
sleep 300 & sleep 301 &
echo ready; while :; do sleep 0.1 & wait $!; done`;

async function startHearing(platform: Platform): Promise<string> {
  const id = await submitJob(platform, definition(HEARING));
  await untilPrinted(platform, id, 'ready');
  return id;
}

describe.each(['auto', 'off'] as const)('with the sandbox %s', (sandbox) => {
  test('a signal for programs that wait for it goes to those alone that handle it, each time once', async () => {
    await using platform = await startPlatform({ cores: 4, sandbox });
    const id = await startHearing(platform);
    for (const [signal, name] of [
      ['SIGUSR1', 'SIGUSR1'],
      ['usr2', 'SIGUSR2'],
      ['HUP', 'SIGHUP'],
    ]) {
      const { status, body } = await send(platform, id, signal);
      expect([status, body]).toEqual([200, { signal: name, processes: expect.any(Number) }]);
      await untilPrinted(platform, id, `got ${name!.slice(3)}`);
    }
    const nobody = await send(platform, id, 'SIGWINCH');
    expect([nobody.status, nobody.body]).toEqual([
      409,
      expect.objectContaining({ code: 'signal_not_handled', hint: expect.stringContaining('trap') }),
    ]);
    // What would have ended the others has not: a signal that is for all meets every one.
    const all = await send(platform, id, 'SIGTERM');
    expect(all.status).toBe(200);
    expect(all.body.processes).toBeGreaterThanOrEqual(3);
    await reach(platform, id, 'Completed');
    const log = await logOf(platform, id);
    for (const name of ['USR1', 'USR2', 'HUP']) {
      expect(log.filter((line) => line.endsWith(`got ${name}\n`))).toHaveLength(1);
    }
    const run = await platform.call('GET', `/api/v2/jobs/${id}/runs/1/`);
    expect(run.body).toMatchObject({ outcome: 'failed', exitCode: 143 });
    const ended = await send(platform, id, 'SIGUSR1');
    expect([ended.status, ended.body.code]).toEqual([409, 'run_ended']);
  });

  test('a run is held and goes on, and one that is held still gets what a stop tells it', async () => {
    await using platform = await startPlatform({ cores: 4, sandbox });
    const id = await submitJob(
      platform,
      definition('trap "echo saved; exit 0" TERM; echo ready; while :; do echo tick; sleep 0.1; done'),
    );
    await untilPrinted(platform, id, 'tick');
    expect((await send(platform, id, 'SIGSTOP')).status).toBe(200);
    const lines = async () => {
      const { body } = await platform.call(
        'GET',
        `/api/v2/jobs/${id}/runs/1/tail/process_output.log?lines=10000`,
      );
      return body.lines.length as number;
    };
    const held = await until(async () => {
      const before = await lines();
      await new Promise((resolve) => setTimeout(resolve, 300));
      return (await lines()) === before && before;
    }, 'silence');
    expect((await send(platform, id, 'SIGCONT')).status).toBe(200);
    await until(async () => (await lines()) > held, 'more');
    expect((await send(platform, id, 'SIGSTOP')).status).toBe(200);
    await platform.call('POST', `/api/v2/jobs/${id}/stop/`);
    await reach(platform, id, 'Completed');
    expect((await logOf(platform, id)).some((line) => line.endsWith('saved\n'))).toBe(true);
  });
});

test('a process outside of the run gets nothing, also when it looks like one of the run', async () => {
  await using platform = await startPlatform({ cores: 4 });
  const id = await startHearing(platform);
  const other = await startHearing(platform);
  const outside = spawn('bash', ['-c', 'trap "exit 7" USR1; while :; do sleep 0.1 & wait $!; done']);
  try {
    for (let round = 0; round < 5; round += 1) {
      expect((await send(platform, id, 'SIGUSR1')).status).toBe(200);
    }
    await untilPrinted(platform, id, 'got USR1');
    const { body } = await platform.call(
      'GET',
      `/api/v2/jobs/${other}/runs/1/tail/process_output.log?lines=1000`,
    );
    expect(body.lines.some((line: string) => line.endsWith('got USR1'))).toBe(false);
    expect(outside.exitCode).toBeNull();
  } finally {
    outside.kill('SIGKILL');
    await once(outside, 'exit');
  }
});

test('what is no signal for a run, or a run that has none to get it, is refused in words', async () => {
  await using platform = await startPlatform({ cores: 1 });
  const saved = await saveJob(platform);
  expect((await send(platform, saved, 'SIGUSR1')).status).toBe(404);
  const id = await startHearing(platform);
  const waiting = await submitJob(platform);
  const early = await send(platform, waiting, 'SIGUSR1');
  expect([early.status, early.body.code, early.body.hint]).toEqual([
    409,
    'run_not_executing',
    expect.any(String),
  ]);
  for (const signal of ['SIGKILL', 'SIGSEGV', '9', '', null, 9, 'SIGUSR1; rm']) {
    const { status, body } = await send(platform, id, signal);
    expect([status, Object.keys(body)]).toEqual([400, ['signal']]);
  }
  expect((await send(platform, id, 'SIGUSR1', '2')).status).toBe(404);
  // A command that has ended its own children and is about to end, or one that is being stopped, still answers.
  await platform.call('POST', `/api/v2/jobs/${id}/stop/`);
  await reach(platform, id, 'Completed');
});

test('a signal is in the log of events, and in the journal of the agent, answered once over a restart of the server', async () => {
  await using platform = await startPlatform({ cores: 4 });
  const id = await startHearing(platform);
  const { id: cluster } = await clusterOf(platform, id);
  expect((await send(platform, id, 'SIGUSR1')).status).toBe(200);
  await platform.kill();
  await platform.restart();
  expect((await send(platform, id, 'SIGUSR2')).status).toBe(200);
  await untilPrinted(platform, id, 'got USR2');
  const journal = await readFile(join(platform.clustersDirectory, cluster, 'journal.ndjson'), 'utf8');
  const told = journal
    .split('\n')
    .filter((line) => line.includes('"run_signalled"'))
    .map((line) => JSON.parse(line));
  expect(told.map(({ signal, refusal }) => [signal, refusal])).toEqual([
    ['SIGUSR1', null],
    ['SIGUSR2', null],
  ]);
  const { body } = await platform.call('GET', `/api/v2/events-log/?subject=job:${id}&verb=run_signalled`);
  expect(body.results.map(({ detail }: { detail: unknown }) => detail)).toEqual([
    { run: 1, signal: 'SIGUSR2' },
    { run: 1, signal: 'SIGUSR1' },
  ]);
});

test('an agent that does not answer is told of in time, and does what it was not asked for any more never', async () => {
  await using platform = await startPlatform({ cores: 4 });
  const id = await startHearing(platform);
  const agent = await agentOf(platform, id);
  process.kill(agent, 'SIGSTOP');
  try {
    const { status, body, headers } = await send(platform, id, 'SIGUSR1');
    expect([status, body.code, headers.get('retry-after')]).toEqual([503, 'agent_silent', '5']);
  } finally {
    process.kill(agent, 'SIGCONT');
  }
  expect((await send(platform, id, 'SIGUSR2')).status).toBe(200);
  await untilPrinted(platform, id, 'got USR2');
}, 60_000);

describe('requests to agents', () => {
  const request = { kind: 'signal', runId: '1', signal: 'SIGUSR1' } as const;
  const answer = (requestId: string) => ({
    ...({ seq: 1, at: '2026-01-05T09:00:00.000Z', type: 'run_signalled', runId: '1', requestId } as const),
    ...{ signal: 'SIGUSR1', processes: 1, refusal: null },
  });

  test('are repeated until they are answered, and then no more', async () => {
    const asked: string[] = [];
    const requests = new AgentRequests((clusterId) => asked.push(clusterId));
    const waiting = requests.ask('one', request);
    const [sent] = requests.of('one', ['signal']);
    expect(requests.of('one', ['signal'])).toEqual([sent]);
    expect(requests.of('other', ['signal'])).toEqual([]);
    expect(asked).toEqual(['one']);
    // Neither another cluster's answer counts, nor one to another request.
    requests.settle('other', [answer(sent!.id)]);
    requests.settle('one', [answer('x')]);
    requests.settle('one', [answer(sent!.id), answer(sent!.id)]);
    expect(await waiting).toMatchObject({ requestId: sent!.id });
    expect(requests.of('one', ['signal'])).toEqual([]);
  });

  test('are refused where the agent does not understand them, where there are too many, and when time is over', async () => {
    const requests = new AgentRequests(() => {}, 0.05);
    const old = requests.ask('one', request);
    expect(requests.of('one', [])).toEqual([]);
    await expect(old).rejects.toMatchObject({ kind: 'conflict', code: 'agent_too_old' });
    const many = Array.from({ length: LIMITS.agentRequests }, () => requests.ask('one', request));
    await expect(requests.ask('one', request)).rejects.toMatchObject({ kind: 'too_many' });
    await expect(Promise.all(many)).rejects.toMatchObject({ kind: 'busy', code: 'agent_silent' });
    await Promise.allSettled(many);
    expect(requests.of('one', ['signal'])).toEqual([]);
  });
});
