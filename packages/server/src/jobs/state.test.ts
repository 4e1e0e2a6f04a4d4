import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type JobEvent, type JobState, SAVED, type StatusRow, transition } from './state.ts';

const FAILURE = { code: 'command_failed', message: 'It broke.', hint: 'Mend it.' };
const LOST = { code: 'agent_lost', message: 'The agent died.', hint: 'Clone the job.' };

const submitted: JobEvent = { type: 'submitted', runs: 1 };
const queued: JobEvent = { type: 'queued' };
const waiting: JobEvent = { type: 'waiting' };
const launched: JobEvent = { type: 'launched' };
const agentStarted: JobEvent = { type: 'agent_started' };
const runStarted: JobEvent = { type: 'run_started' };
const success: JobEvent = { type: 'run_finished', outcome: 'success', failure: null };
const failed: JobEvent = { type: 'run_finished', outcome: 'failed', failure: FAILURE };
const stopped: JobEvent = { type: 'run_finished', outcome: 'stopped', failure: null };
const overTime: JobEvent = { type: 'run_finished', outcome: 'walltime_exceeded', failure: FAILURE };
const stop: JobEvent = { type: 'stop_requested', kind: 'graceful', undelivered: 0 };
const stopUndelivered: JobEvent = { type: 'stop_requested', kind: 'graceful', undelivered: 1 };
const force: JobEvent = { type: 'stop_requested', kind: 'force', undelivered: 0 };
const refused: JobEvent = { type: 'refused', failure: FAILURE };
const agentStopped: JobEvent = { type: 'agent_stopped' };
const agentLost: JobEvent = { type: 'agent_lost', failure: LOST };

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
  ])('%s', (_name, events, expected) => {
    expect(play(events).job).toEqual(expected);
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
    ),
    fc.integer({ min: 1, max: 4 }).map((runs): JobEvent => ({ type: 'submitted', runs })),
    outcome.map(
      (each): JobEvent => ({
        type: 'run_finished',
        outcome: each,
        failure: each === 'success' ? null : FAILURE,
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
          if (each.type === 'run_finished') continue;
          expect(transition(state, each)).toEqual({ state, rows: [], effects: [] });
        }
      }),
    );
  });

  test('the loss of the agent, or a stop and the loss, ends every job that was submitted, in the right words', () => {
    fc.assert(
      fc.property(events, (sequence) => {
        const { state, job, cluster } = play([submitted, ...sequence, stop, agentLost]);
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
