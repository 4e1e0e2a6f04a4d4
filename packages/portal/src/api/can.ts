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

export type UserAction = 'lock' | 'unlock' | 'role' | 'link';

/** What administrators may do to users: nobody takes their own rights, and who is locked out needs no link. */
const userRules: Readonly<Record<UserAction, (user: { isSelf: boolean; isActive: boolean }) => boolean>> = {
  lock: ({ isSelf }) => !isSelf,
  unlock: () => true,
  role: ({ isSelf }) => !isSelf,
  link: ({ isActive }) => isActive,
};

export function canUser(action: UserAction, user: { isSelf: boolean; isActive: boolean }): Refusal {
  const { refusals } = words.keeper.users;
  return userRules[action](user) || action === 'unlock' ? null : refusals[action];
}

export type ClusterAction = 'start' | 'shut-down';

const clusterRules: Readonly<Record<ClusterAction, (status: string) => boolean>> = {
  start: (status) => status === 'Not Started',
  // One that is stopping is told so by the server, and nothing comes of it.
  'shut-down': (status) => status !== 'Stopped' && status !== 'Stop Requested' && status !== 'Stopping',
};

/** Whose it is, is for the server to say. */
export function canCluster(
  action: ClusterAction,
  { isPersistent, status }: { isPersistent: boolean; status: string },
): Refusal {
  const { refusals } = words.clusters.one;
  if (!isPersistent) {
    return refusals.ofJob;
  }
  return clusterRules[action](status) ? null : refusals[action](status.toLowerCase());
}
