import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type ClusterEvent, type ClusterState, transition } from './state.ts';

const NEW: ClusterState = { phase: 'not_started', ending: null };

function lead(events: readonly ClusterEvent[], from = NEW) {
  let state = from;
  const rows: Array<{ status: string; reason: string | null }> = [];
  for (const event of events) {
    const next = transition(state, event);
    state = next.state;
    rows.push(...next.rows);
  }
  return { state, rows, statuses: rows.map(({ status }) => status) };
}

const ASKED: ClusterEvent = { type: 'end_requested', reason: 'Shut down on request' };
const GONE: ClusterEvent = { type: 'holder_ended', reason: 'It died' };
const STARTED: ClusterEvent[] = [
  { type: 'start_requested' },
  { type: 'launched' },
  { type: 'holder_started' },
];

test('a cluster that is started and shut down tells its way as the original does', () => {
  const { state, statuses } = lead([...STARTED, ASKED, GONE]);
  expect(state).toEqual({ phase: 'stopped', ending: 'Shut down on request' });
  expect(statuses).toEqual([
    ...['Pending', 'Queued', 'Starting', 'Started', 'Stop Requested', 'Stopping', 'Stopped'],
  ]);
});

test('one that is shut down while it is started waits for its holder, and one that holds nothing ends at once', () => {
  expect(lead([...STARTED.slice(0, 2), ASKED]).state.phase).toBe('ending');
  expect(lead([...STARTED.slice(0, 2), ASKED, { type: 'holder_started' }]).state.phase).toBe('ending');
  expect(lead([ASKED]).state.phase).toBe('stopped');
  expect(lead([{ type: 'start_requested' }, ASKED]).statuses).toEqual([
    ...['Pending', 'Queued', 'Stop Requested', 'Stopped'],
  ]);
});

test('one whose holder dies says why, and keeps the reason of an end that was asked for before', () => {
  expect(lead([...STARTED, GONE]).rows.slice(-2)).toEqual([
    { status: 'Stopping', reason: 'It died' },
    { status: 'Stopped', reason: 'It died' },
  ]);
  expect(lead([...STARTED, ASKED, GONE]).rows.at(-1)!.reason).toBe('Shut down on request');
});

const anyEvent: fc.Arbitrary<ClusterEvent> = fc.constantFrom<ClusterEvent>(
  ...STARTED,
  { type: 'refused', reason: 'No room' },
  ASKED,
  GONE,
);

test('whatever comes: what has ended stays so, a repeated event changes nothing, and no row comes twice', () => {
  fc.assert(
    fc.property(fc.array(anyEvent, { maxLength: 20 }), (events) => {
      let state = NEW;
      const statuses: string[] = [];
      for (const event of events) {
        const { state: next, rows } = transition(state, event);
        expect(state.phase === 'stopped' && rows.length > 0).toBe(false);
        expect(transition(next, event).rows).toEqual([]);
        expect(next === state).toBe(rows.length === 0);
        state = next;
        statuses.push(...rows.map(({ status }) => status));
      }
      expect(new Set(statuses).size).toBe(statuses.length);
      expect(state.phase === 'stopped').toBe(statuses.at(-1) === 'Stopped');
      expect(state.ending !== null).toBe(state.phase === 'ending' || state.phase === 'stopped');
    }),
  );
});
