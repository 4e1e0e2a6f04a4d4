import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type JobEvent, type JobState, SAVED, type StatusRow, transition } from './state.ts';

const FAILURE = { code: 'command_failed', message: 'It broke.', hint: 'Mend it.' };
const LOST = { code: 'agent_lost', message: 'The agent died.', hint: 'Clone the job.' };

const TOLD = { code: 'cluster_stopped', message: 'The host shuts down.', hint: 'Resume the run.' };

const submitted: JobEvent = { type: 'submitted', runs: 1 };
const held: JobEvent = { type: 'submitted', runs: 1, isHeld: true };
const released: JobEvent = { type: 'released' };
const UNMET = { code: 'dependency_not_met', message: 'Another job failed.', hint: 'Run that again.' };
const unfulfillable: JobEvent = { type: 'unfulfillable', failure: UNMET };
const queued: JobEvent = { type: 'queued' };
const waiting: JobEvent = { type: 'waiting' };
const launched: JobEvent = { type: 'launched' };
const agentStarted: JobEvent = { type: 'agent_started' };
const runStarted: JobEvent = { type: 'run_started' };
const success: JobEvent = { type: 'run_finished', outcome: 'success', failure: null, planned: 0 };
const failed: JobEvent = { type: 'run_finished', outcome: 'failed', failure: FAILURE, planned: 0 };
const stopped: JobEvent = { type: 'run_finished', outcome: 'stopped', failure: null, planned: 0 };
const overTime: JobEvent = {
  type: 'run_finished',
  outcome: 'walltime_exceeded',
  failure: FAILURE,
  planned: 0,
};
const stop: JobEvent = { type: 'stop_requested', kind: 'graceful', undelivered: 0, ending: null };
const stopUndelivered: JobEvent = { type: 'stop_requested', kind: 'graceful', undelivered: 1, ending: null };
const force: JobEvent = { type: 'stop_requested', kind: 'force', undelivered: 0, ending: null };
const discard: JobEvent = { type: 'stop_requested', kind: 'discard', undelivered: 0, ending: null };
const refused: JobEvent = { type: 'refused', failure: FAILURE };
const agentStopped: JobEvent = { type: 'agent_stopped' };
const agentLost: JobEvent = { type: 'agent_lost', failure: LOST, failed: 0, again: false };

/** The end of a run that was cut off by that of its agent. */
const cutOff = (outcome: 'failed' | 'stopped', failure: typeof LOST): JobEvent => ({
  ...{ type: 'run_finished', outcome, failure, planned: 0 },
});

/** What a history tells after these events, oldest first; a reason stands in brackets. */
function play(events: readonly JobEvent[]) {
  let state: JobState = SAVED;
  const rows: StatusRow[] = [];
  for (const event of events) {
    const next = transition(state, event);
    state = next.state;
    rows.push(...next.rows);
  }
  const told = (history: StatusRow['history']) =>
    rows
      .filter((row) => row.history === history)
      .map(({ status, reason }) => (reason === null ? status : `${status} (${reason})`));
  return { state, job: told('job'), cluster: told('cluster') };
}

describe('the history of a job', () => {
  const toStart = [submitted, queued, launched, agentStarted];
  const started = ['Pending', 'Queued', 'Started', 'Validated'];

  test.each<[string, JobEvent[], string[]]>([
    [
      'tells every step of a success, with the reason that clients match',
      [...toStart, runStarted, success],
      [...started, 'Executing', 'Completed (Completed successfully)'],
    ],
    [
      'tells once that the job waits',
      [submitted, queued, waiting, waiting, launched, agentStarted, runStarted, success],
      [
        'Pending',
        'Queued',
        'Waiting for Cluster',
        'Started',
        'Validated',
        'Executing',
        'Completed (Completed successfully)',
      ],
    ],
    [
      'tells a failed run before the end',
      [...toStart, runStarted, failed],
      [...started, 'Executing', 'Stopping (A run failed)', 'Completed (A run failed)'],
    ],
    [
      'tells a user’s stop at once and ends when the run has ended',
      [...toStart, runStarted, stop, stopped],
      [...started, 'Executing', 'Stopping (Stopped by user)', 'Completed (Stopped by user)'],
    ],
    [
      'ends a job at once that nobody has started',
      [submitted, queued, stopUndelivered],
      ['Pending', 'Queued', 'Stopping (Stopped by user)', 'Completed (Stopped by user)'],
    ],
    [
      'ends a job at once whose agent has got no run yet',
      [submitted, queued, launched, stopUndelivered],
      ['Pending', 'Queued', 'Stopping (Stopped by user)', 'Completed (Stopped by user)'],
    ],
    [
      'tells that the job waits for others before it is in the queue',
      [held, queued, launched, refused, released, waiting, launched, agentStarted, runStarted, success],
      [
        ...['Pending', 'Waiting for Queue', 'Queued', 'Waiting for Cluster', 'Started', 'Validated'],
        ...['Executing', 'Completed (Completed successfully)'],
      ],
    ],
    [
      'tells why a job never can start',
      [held, unfulfillable, released, queued],
      [
        ...['Pending', 'Waiting for Queue'],
        ...['Stopping (Another job failed.)', 'Completed (Another job failed.)'],
      ],
    ],
    [
      'ends a job at once that waits for others',
      [held, stopUndelivered, released],
      ['Pending', 'Waiting for Queue', 'Stopping (Stopped by user)', 'Completed (Stopped by user)'],
    ],
    [
      'ends as stopped once it said so, even when the command ended well before the signal reached it',
      [...toStart, runStarted, stop, success],
      [...started, 'Executing', 'Stopping (Stopped by user)', 'Completed (Stopped by user)'],
    ],
    [
      'hides an execution that began after the stop',
      [...toStart, stop, runStarted, stopped],
      [...started, 'Stopping (Stopped by user)', 'Completed (Stopped by user)'],
    ],
    [
      'tells that a stop became a forced one',
      [...toStart, runStarted, stop, force, stopped],
      [
        ...started,
        'Executing',
        'Stopping (Stopped by user)',
        'Force Stop (Stopped by user)',
        'Completed (Stopped by user)',
      ],
    ],
    [
      'tells once that there is no grace time, whatever becomes of the outputs',
      [...toStart, runStarted, stop, force, discard, force, stopped],
      [
        ...started,
        'Executing',
        'Stopping (Stopped by user)',
        'Force Stop (Stopped by user)',
        'Completed (Stopped by user)',
      ],
    ],
    [
      'tells a shutdown as a forced stop',
      [...toStart, runStarted, discard, stop, stopped],
      [...started, 'Executing', 'Force Stop (Stopped by user)', 'Completed (Stopped by user)'],
    ],
    [
      'does not call a job validated that is not to be checked',
      [submitted, queued, launched, { type: 'agent_started', isUnchecked: true }, runStarted, success],
      ['Pending', 'Queued', 'Started', 'Executing', 'Completed (Completed successfully)'],
    ],
    [
      'tells that the time was up',
      [...toStart, runStarted, overTime],
      [...started, 'Executing', 'Stopping (Walltime exceeded)', 'Completed (Walltime exceeded)'],
    ],
    [
      'tells that nothing could be started',
      [submitted, queued, refused],
      [
        'Pending',
        'Queued',
        'Stopping (Could not allocate compute resources from the compute provider)',
        'Completed (Could not allocate compute resources from the compute provider)',
      ],
    ],
    [
      'tells that the agent died',
      [...toStart, runStarted, agentLost],
      [...started, 'Executing', 'Stopping (The agent died.)', 'Completed (The agent died.)'],
    ],
    [
      'tells that the agent died when what it had left was collected before',
      [...toStart, runStarted, cutOff('failed', LOST), agentLost],
      [...started, 'Executing', 'Stopping (The agent died.)', 'Completed (The agent died.)'],
    ],
    [
      'does not call it a stop by the user when it was the agent that was told to end',
      [...toStart, runStarted, cutOff('stopped', TOLD), agentLost],
      [...started, 'Executing', 'Stopping (The host shuts down.)', 'Completed (The host shuts down.)'],
    ],
    [
      'calls it one when the user had asked for it before',
      [...toStart, runStarted, stop, cutOff('stopped', TOLD), agentLost],
      [...started, 'Executing', 'Stopping (Stopped by user)', 'Completed (Stopped by user)'],
    ],
  ])('%s', (_name, events, expected) => {
    expect(play(events).job).toEqual(expected);
  });

  test('ends a job whose cluster ends in the words of that, whether it executes or waits', () => {
    const failure = { code: 'cluster_shut_down', message: 'The cluster was shut down.', hint: '' };
    const ending = { outcome: 'stopped' as const, failure };
    const end: JobEvent = { type: 'stop_requested', kind: 'discard', undelivered: 0, ending };
    const reason = 'The cluster was shut down.';
    expect(play([submitted, queued, end]).job.slice(-2)).toEqual([
      `Stopping (${reason})`,
      `Completed (${reason})`,
    ]);
    const { state, job } = play([submitted, queued, launched, agentStarted, runStarted, end, stopped]);
    expect(job.slice(-2)).toEqual([`Force Stop (${reason})`, `Completed (${reason})`]);
    expect(state).toMatchObject({ outcome: 'stopped', failure });
    const gone: JobEvent = { type: 'refused', failure: { ...failure, code: 'cluster_ended' } };
    expect(play([submitted, queued, gone]).job.at(-1)).toBe(`Completed (${reason})`);
  });

  test('ends a job of several runs with the last of them, by the worst of them', () => {
    const events: JobEvent[] = [
      { type: 'submitted', runs: 3 },
      queued,
      launched,
      agentStarted,
      runStarted,
      failed,
      success,
    ];
    expect(play(events).state.phase).toBe('executing');
    const { state, job } = play([...events, success]);
    expect(state).toMatchObject({ phase: 'completed', outcome: 'failed', failure: FAILURE });
    expect(job.slice(-2)).toEqual(['Stopping (A run failed)', 'Completed (A run failed)']);
  });
});

describe('a job of many runs', () => {
  const many: JobEvent[] = [{ type: 'submitted', runs: 3 }, queued, launched, agentStarted, runStarted];

  test('counts how many runs there are, are left, and have failed', () => {
    const { state } = play([...many, success, failed]);
    expect(state).toMatchObject({ phase: 'executing', runs: 3, runsLeft: 1, runsFailed: 1 });
  });

  test('goes on while what a run found asks for more runs', () => {
    const { state } = play([...many, success, success, { ...success, planned: 2 }]);
    expect(state).toMatchObject({ phase: 'executing', runs: 5, runsLeft: 2 });
    expect(
      play([...many, success, success, { ...success, planned: 2 }, success, success]).state,
    ).toMatchObject({ phase: 'completed', outcome: 'success', runs: 5, runsFailed: 0 });
  });

  test('ends as the platform says when it is the platform that stops it', () => {
    const ending = { outcome: 'failed' as const, failure: FAILURE };
    const { state, job } = play([
      ...many,
      failed,
      { type: 'stop_requested', kind: 'graceful', undelivered: 1, ending },
      stopped,
    ]);
    expect(state).toMatchObject({ phase: 'completed', outcome: 'failed', failure: FAILURE, runsFailed: 3 });
    expect(job.slice(-2)).toEqual(['Stopping (A run failed)', 'Completed (A run failed)']);
  });

  test('waits for another cluster when its agent dies with runs left, and ends there', () => {
    const lost = play([...many, success, { type: 'agent_lost', failure: LOST, failed: 1, again: true }]);
    expect(lost.state).toMatchObject({ phase: 'queued', cluster: 'not_started', runsLeft: 1, runsFailed: 1 });
    expect(lost.job.at(-1)).toMatch(/^Queued \(The agent died. The runs that are left go to another cluster/);
    const { state } = play([
      ...many,
      success,
      { type: 'agent_lost', failure: LOST, failed: 1, again: true },
      ...[launched, agentStarted, runStarted, success],
    ]);
    expect(state).toMatchObject({ phase: 'completed', outcome: 'failed', failure: LOST, runsFailed: 1 });
  });

  test('runs again after its end, with what the other runs came to', () => {
    const over = [...many, success, failed, success, agentStopped];
    const rerun: JobEvent = {
      type: 'rerun_requested',
      runs: 1,
      failed: 0,
      outcome: 'success',
      failure: null,
    };
    const again = play([...over, rerun]);
    expect(again.state).toMatchObject({ phase: 'submitted', cluster: 'not_started', runs: 3, runsLeft: 1 });
    const { state, job } = play([...over, rerun, queued, launched, agentStarted, runStarted, success]);
    expect(state).toMatchObject({ phase: 'completed', outcome: 'success', failure: null, runsFailed: 0 });
    expect(job.filter((row) => row.startsWith('Completed'))).toHaveLength(2);
    expect(job.at(-1)).toBe('Completed (Completed successfully)');
  });

  test('does not run again while its cluster is being stopped, nor while it is stopped itself', () => {
    const rerun: JobEvent = {
      type: 'rerun_requested',
      runs: 1,
      failed: 0,
      outcome: 'success',
      failure: null,
    };
    const over = play([...many, success, failed, success]).state;
    expect(transition(over, rerun).state).toBe(over);
    const stopping = play([...many, success, stop]).state;
    expect(transition(stopping, rerun).state).toBe(stopping);
  });
});

test('a job that never started because of another one may wait for it once more', () => {
  const rerun: JobEvent = {
    ...{ type: 'rerun_requested', runs: 1, failed: 0, outcome: 'success', failure: null },
    isHeld: true,
  };
  const again = play([held, unfulfillable, rerun]);
  expect(again.state).toMatchObject({ phase: 'held', cluster: 'not_started', outcome: null, runsLeft: 1 });
  expect(again.job.slice(-2)).toEqual(['Pending', 'Waiting for Queue']);
  const { state } = play([held, unfulfillable, rerun, released, launched, agentStarted, runStarted, success]);
  expect(state).toMatchObject({ phase: 'completed', outcome: 'success', failure: null });
});

test('every end, and no other event, has those looked at that start after the job', () => {
  const lives: JobEvent[][] = [
    [submitted, queued, launched, agentStarted, runStarted, success, agentStopped],
    [submitted, queued, launched, agentStarted, runStarted, stop, stopped, agentLost],
    [submitted, queued, launched, agentLost, agentStopped],
    [submitted, queued, refused],
    [submitted, stop],
    [held, stop],
    [held, unfulfillable],
  ];
  for (const life of lives) {
    let state = SAVED;
    for (const event of life) {
      const next = transition(state, event);
      const isEnd = next.state.phase === 'completed' && state.phase !== 'completed';
      expect(next.effects.includes('look_at_dependents')).toBe(isEnd);
      state = next.state;
    }
    expect(state).toMatchObject({ phase: 'completed', cluster: 'stopped' });
  }
});

test('the cluster outlives its job by a moment', () => {
  const { cluster } = play([submitted, queued, launched, agentStarted, runStarted, success, agentStopped]);
  expect(cluster).toEqual(['Not Started', 'Starting', 'Started', 'Stop Requested', 'Stopping', 'Stopped']);
});

test('a cluster that was never started is stopped with its job', () => {
  expect(play([submitted, stop]).cluster).toEqual(['Not Started', 'Stopped']);
});

test('the key of a job is forgotten and its place in the queue given on exactly once, whatever ends it', () => {
  for (const ending of [
    [success, agentStopped],
    [failed, agentLost],
    [agentLost, agentStopped],
  ] as const) {
    const effects: string[] = [];
    let state = SAVED;
    for (const event of [submitted, queued, launched, agentStarted, runStarted, ...ending, ...ending]) {
      const next = transition(state, event);
      state = next.state;
      effects.push(...next.effects);
    }
    expect(effects.filter((effect) => effect === 'forget_key')).toHaveLength(1);
    expect(effects.filter((effect) => effect === 'release_cluster')).toHaveLength(1);
  }
});

describe('whatever order events come in', () => {
  const outcome = fc.constantFrom(
    'success' as const,
    'failed' as const,
    'stopped' as const,
    'walltime_exceeded' as const,
  );
  const event: fc.Arbitrary<JobEvent> = fc.oneof(
    fc.constantFrom(
      queued,
      waiting,
      launched,
      agentStarted,
      runStarted,
      agentStopped,
      refused,
      agentLost,
      stop,
      force,
      discard,
      released,
      unfulfillable,
    ),
    fc
      .record({ runs: fc.integer({ min: 1, max: 4 }), isHeld: fc.boolean() })
      .map((wanted): JobEvent => ({ type: 'submitted', ...wanted })),
    outcome.map(
      (each): JobEvent => ({
        type: 'run_finished',
        outcome: each,
        failure: each === 'success' ? null : FAILURE,
        planned: 0,
      }),
    ),
  );
  const anything = fc.array(event, { maxLength: 40 });
  /** The usual course with something else in between, which reaches deeper than chance does. */
  const disturbed = fc
    .array(fc.array(event, { maxLength: 2 }), { minLength: 6, maxLength: 6 })
    .map((between) => {
      const course: JobEvent[] = [queued, launched, agentStarted, runStarted, success, agentStopped];
      return course.flatMap((each, index) => [...between[index]!, each]);
    });
  const events = fc.oneof(anything, disturbed);

  test('repeating an event that was just taken changes nothing, except one more run’s end', () => {
    fc.assert(
      fc.property(events, (sequence) => {
        let state = SAVED;
        for (const each of sequence) {
          state = transition(state, each).state;
          if (each.type === 'run_finished') {
            continue;
          }
          expect(transition(state, each)).toEqual({ state, rows: [], effects: [] });
        }
      }),
    );
  });

  test('the loss of the agent, or a stop and the loss, ends every job that was submitted, in the right words', () => {
    fc.assert(
      fc.property(events, fc.constantFrom(submitted, held), (sequence, first) => {
        const { state, job, cluster } = play([first, ...sequence, stop, agentLost]);
        expect(state).toMatchObject({ phase: 'completed', cluster: 'stopped', runsLeft: expect.any(Number) });
        expect(state.runsLeft).toBe(0);
        expect(job[0]).toBe('Pending');
        expect(job.filter((row) => row.startsWith('Completed'))).toHaveLength(1);
        expect(job.at(-1)).toMatch(/^Completed /);
        expect(cluster.at(-1)).toMatch(/^Stopped/);
        expect(new Set(job).size).toBe(job.length);
        const succeeded = state.outcome === 'success';
        expect(job.at(-1) === 'Completed (Completed successfully)').toBe(succeeded);
        expect(job.some((row) => /^(Stopping|Force Stop)/.test(row))).toBe(!succeeded);
        expect(state.failure === null || !succeeded).toBe(true);
      }),
    );
  });

  test('nothing follows the end', () => {
    fc.assert(
      fc.property(events, events, (before, after) => {
        const ended = play([submitted, ...before, stop, agentLost]);
        expect(play([submitted, ...before, stop, agentLost, ...after])).toEqual(ended);
      }),
    );
  });
});
