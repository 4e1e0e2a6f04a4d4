/** What may be done to a job in which state, as data; buttons ask here, and say why they are off. */
import { words } from '../words/words.ts';
import type { JobState } from './job-state.ts';

export type JobAction = 'submit' | 'edit' | 'stop' | 'clone' | 'rerun' | 'delete' | 'snapshot' | 'rerun-runs';

/** Null when it may be done, else why not. */
export type Refusal = string | null;

const ENDED = ['succeeded', 'failed', 'stopped', 'out-of-time', 'lost'] as const satisfies JobState[];
const BEFORE_END = ['waiting', 'starting', 'running', 'stopping'] as const satisfies JobState[];

const rules: Readonly<Record<JobAction, readonly JobState[]>> = {
  submit: ['saved'],
  edit: ['saved'],
  // A stop that is asked for again ends what is still being collected.
  stop: BEFORE_END,
  clone: ['saved', ...BEFORE_END, ...ENDED],
  rerun: ENDED.filter((state) => state !== 'succeeded'),
  delete: ['saved', ...ENDED],
  snapshot: ['running'],
  // While it executes, runs that have ended join its queue again.
  'rerun-runs': ['running', ...ENDED],
};

export function canJob(action: JobAction, state: JobState): Refusal {
  if (rules[action].includes(state)) {
    return null;
  }
  const { states, refusals } = words.jobs;
  return refusals[action](states[state].toLowerCase());
}
