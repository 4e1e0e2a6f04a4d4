import { expect, test } from 'vitest';
import { WaitingAgents } from './waiting-agents.ts';

const LATER = () => performance.now() + 60_000;
const signal = new AbortController().signal;

test('a request is woken by what its own agent has to learn', async () => {
  const agents = new WaitingAgents();
  const mine = agents.wait('mine', LATER(), signal);
  const other = agents.wait('other', LATER(), signal);
  agents.notify('mine');
  expect(await mine).toBe('notified');
  agents.releaseAll();
  expect(await other).toBe('superseded');
});

test('of two requests of one cluster the later one waits', async () => {
  const agents = new WaitingAgents();
  const first = agents.wait('one', LATER(), signal);
  const second = agents.wait('one', LATER(), signal);
  expect(await first).toBe('superseded');
  agents.notify('one');
  expect(await second).toBe('notified');
});

test('a wait ends with its time and with its client', async () => {
  const agents = new WaitingAgents();
  expect(await agents.wait('one', performance.now() - 1, signal)).toBe('time');
  const gone = new AbortController();
  const waiting = agents.wait('one', LATER(), gone.signal);
  gone.abort();
  expect(await waiting).toBe('time');
});

test('what comes while nobody waits is counted', () => {
  const agents = new WaitingAgents();
  const before = agents.notified;
  agents.notify('one');
  expect(agents.notified).toBe(before + 1);
});
