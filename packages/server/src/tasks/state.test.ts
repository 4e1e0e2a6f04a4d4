import { TASK_STATUSES, type TaskStatus } from '@quarry/contract';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isTaskOver, nextTaskState, type TaskEvent } from './state.ts';

const EVENTS: TaskEvent[] = ['started', 'interrupted', 'done', 'failed', 'cancelled'];

/** The states that a task goes through, the first one included. */
function live(events: readonly TaskEvent[]): TaskStatus[] {
  const states: TaskStatus[] = ['waiting'];
  for (const event of events) {
    const next = nextTaskState(states.at(-1)!, event);
    if (next !== null) {
      states.push(next);
    }
  }
  return states;
}

test('whatever happens, a task ends once, and as done or failed only after it was running', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...EVENTS)), (events) => {
      const states = live(events);
      expect(states.slice(0, -1).filter(isTaskOver)).toEqual([]);
      const last = states.at(-1)!;
      if (last === 'done' || last === 'failed') {
        expect(states.at(-2)).toBe('running');
      }
    }),
  );
});

test('an event that comes twice changes nothing the second time', () => {
  for (const state of TASK_STATUSES) {
    for (const event of EVENTS) {
      const next = nextTaskState(state, event);
      if (next !== null) {
        expect(nextTaskState(next, event)).toBeNull();
      }
    }
  }
});

test('however often the server dies, a task that is started again can still be done', () => {
  fc.assert(
    fc.property(fc.nat({ max: 50 }), (deaths) => {
      const lives = Array.from({ length: deaths }, (): TaskEvent[] => ['started', 'interrupted']).flat();
      expect(live([...lives, 'started', 'done']).at(-1)).toBe('done');
    }),
  );
});

test('every state but an end can be cancelled', () => {
  for (const state of TASK_STATUSES) {
    expect(nextTaskState(state, 'cancelled')).toBe(isTaskOver(state) ? null : 'cancelled');
  }
});
