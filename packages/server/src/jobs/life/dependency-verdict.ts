import type { JobState } from './state.ts';

/** How another job is to end before this one starts; a failure is every end that is not a success. */
export type DependencyCondition = 'success' | 'failure' | 'any';
/** What became of it: it may still end so, has done so, or never will. */
export type DependencyVerdict = 'open' | 'met' | 'failed';

/** What the state of another job means for one that is to start after it. */
export function dependencyVerdict(
  condition: DependencyCondition,
  { phase, outcome }: Pick<JobState, 'phase' | 'outcome'>,
  isDeleted: boolean,
): DependencyVerdict {
  if (phase !== 'completed') {
    return isDeleted ? 'failed' : 'open';
  }
  const isMet = condition === 'any' || (condition === 'success') === (outcome === 'success');
  return isMet ? 'met' : 'failed';
}
