import type { AgentRequest } from '@quarry/contract';
import { expect, test } from 'vitest';
import { LIMITS } from '../../limits.ts';
import { AgentRequests } from './agent-requests.ts';

const ALL = ['signal', 'phase', 'list', 'look', 'read'];
const READ = { kind: 'read', runId: '1', path: 'a', identity: '1:2', position: 0, bytes: 4 } as const;
const SIGNAL = { kind: 'signal', runId: '1', signal: 'SIGUSR1' } as const;

function begin(waitSeconds?: number) {
  const asked: string[] = [];
  const requests = new AgentRequests((clusterId) => asked.push(clusterId), waitSeconds);
  const first = (): AgentRequest => requests.of('cluster', ALL)[0]!;
  return { requests, asked, first };
}

test('whoever asks gets what the agent of that cluster answers, and nobody waits afterwards', async () => {
  const { requests, asked, first } = begin();
  const answer = requests.askOfFiles('cluster', READ);
  expect(asked).toEqual(['cluster']);
  const { id } = first();
  requests.answer('another', id, { head: { kind: 'read', isEnd: true }, bytes: Buffer.from('no') });
  expect(requests.isAwaited('cluster', id)).toBe(true);
  requests.answer('cluster', id, { head: { kind: 'read', isEnd: true }, bytes: Buffer.from('abc') });
  expect(Buffer.from((await answer).bytes).toString()).toBe('abc');
  expect([requests.isAwaited('cluster', id), requests.of('cluster', ALL)]).toEqual([false, []]);
  // One that comes late is dropped.
  requests.answer('cluster', id, { head: { kind: 'phase', areCommandsOver: true }, bytes: Buffer.alloc(0) });
});

test('an answer to another question, or with more bytes than were asked for, is refused, and the right one still taken', async () => {
  const { requests, first } = begin();
  const answer = requests.askOfFiles('cluster', READ);
  const { id } = first();
  for (const wrong of [
    { head: { kind: 'phase', areCommandsOver: true }, bytes: Buffer.alloc(0) },
    { head: { kind: 'read', isEnd: true }, bytes: Buffer.alloc(5) },
    { head: { kind: 'refused', reason: 'missing', words: null }, bytes: Buffer.alloc(1) },
  ] as const) {
    expect(() => requests.answer('cluster', id, wrong)).toThrow(
      expect.objectContaining({ code: 'wrong_answer' }),
    );
  }
  requests.answer('cluster', id, {
    head: { kind: 'refused', reason: 'missing', words: null },
    bytes: Buffer.alloc(0),
  });
  expect((await answer).head).toMatchObject({ reason: 'missing' });
});

test('an agent that is silent, of before, or gone is told of in words of what was asked', async () => {
  const quick = begin(0.01);
  await expect(quick.requests.askOfFiles('cluster', READ)).rejects.toMatchObject({
    kind: 'busy',
    code: 'agent_silent',
    hint: expect.stringContaining('until the run has ended'),
  });
  await expect(quick.requests.ask('cluster', SIGNAL)).rejects.toMatchObject({ code: 'agent_silent' });
  const { requests } = begin();
  const old = requests.askOfFiles('cluster', READ);
  expect(requests.of('cluster', ['signal'])).toEqual([]);
  await expect(old).rejects.toMatchObject({ kind: 'conflict', code: 'agent_too_old' });
  const [ended, signal] = [requests.askOfFiles('cluster', READ), requests.ask('cluster', SIGNAL)];
  requests.end('cluster');
  await expect(ended).rejects.toMatchObject({ kind: 'not_found', code: 'cluster_ended' });
  await expect(signal).rejects.toMatchObject({ kind: 'conflict', code: 'run_ended' });
  const last = requests.askOfFiles('cluster', READ);
  requests.endAll();
  await expect(last).rejects.toMatchObject({ kind: 'busy', code: 'stopping' });
});

test('requests about files are bounded by themselves, so that they keep no signal away', async () => {
  const { requests } = begin();
  const waiting = Array.from({ length: LIMITS.agentFileRequests }, () =>
    requests.askOfFiles('cluster', READ),
  );
  await expect(requests.askOfFiles('cluster', READ)).rejects.toMatchObject({ kind: 'too_many' });
  const signal = requests.ask('cluster', SIGNAL);
  expect(requests.of('cluster', ALL)).toHaveLength(LIMITS.agentFileRequests + 1);
  requests.end('cluster');
  const ended = await Promise.allSettled([...waiting, signal]);
  expect(new Set(ended.map(({ status }) => status))).toEqual(new Set(['rejected']));
});
