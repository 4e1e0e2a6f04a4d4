/**
 * Jobs that are to start after others. What the end of one means for another is decided by `state.ts`; here it is looked
 * up, written and said. The end that a job comes to first is the one that counts: it may be executed again later.
 */
import type { Failure, Waiting } from '@quarry/contract';
import type { Queries } from '../../db/database.ts';
import { findUnmet, noteVerdict, type UnmetDependency } from '../../db/queries/job-dependencies.ts';
import { dependencyVerdict } from './dependency-verdict.ts';
import { readState } from './store.ts';

/** Where a job stands with those that it is to start after. */
export interface Standing {
  /** Why it never can start; null when it may. */
  failure: Failure | null;
  /** What it still waits for; null when nothing is in its way. */
  waiting: Waiting | null;
}

/** Looks at all that is not fulfilled yet, and writes down what has become of it. */
export async function lookAtDependencies(queries: Queries, jobId: string): Promise<Standing> {
  const open: UnmetDependency[] = [];
  let failure: Failure | null = null;
  for (const each of await findUnmet(queries, { jobId })) {
    const verdict = verdictOf(each);
    if (verdict !== each.verdict) {
      await noteVerdict(queries, jobId, each.onJobId, verdict);
    }
    if (verdict === 'open') {
      open.push(each);
    } else if (verdict === 'failed') {
      failure ??= failureOf(each);
    }
  }
  return { failure, waiting: failure === null ? waitingFor(open) : null };
}

function verdictOf({ condition, state, deletedAt }: UnmetDependency) {
  return state === null ? 'failed' : dependencyVerdict(condition, readState(state), deletedAt !== null);
}

const END: Record<UnmetDependency['condition'], string> = {
  success: 'has ended in success',
  failure: 'has failed or was stopped',
  any: 'has ended',
};

function waitingFor(open: readonly UnmetDependency[]): Waiting | null {
  const [first, ...others] = open;
  if (first === undefined) {
    return null;
  }
  const until = `${called(first)} ${END[first.condition]}`;
  const rest =
    others.length === 0
      ? ''
      : `, and ${others.length} more ${others.length === 1 ? 'job has' : 'jobs have'} ended as it asks`;
  return { code: 'waiting_for_jobs', message: `It starts when job ${until}${rest}.`, position: null };
}

const WANTED: Record<UnmetDependency['condition'], string> = {
  success: 'its success',
  failure: 'its failure',
  any: 'its end',
};

function failureOf(dependency: UnmetDependency): Failure {
  const { condition, state } = dependency;
  const other = state === null ? null : readState(state);
  const wanted = `and this job was to start after ${WANTED[condition]}.`;
  if (other?.phase !== 'completed') {
    return {
      code: 'dependency_deleted',
      message: `Job ${called(dependency)} was deleted before it was submitted, ${wanted}`,
      hint: 'Clone this job, name another one in `after`, or none, and submit the clone.',
    };
  }
  return {
    code: 'dependency_not_met',
    message: `Job ${called(dependency)} ended as ${other.outcome?.replaceAll('_', ' ')}, ${wanted}`,
    hint: `Run job ${dependency.onJobId} again, then this one (POST jobs/{id}/runs/rerun/, quarry runs rerun). A clone of this job waits for nothing.`,
  };
}

function called({ onJobId, name }: UnmetDependency): string {
  return name === null ? onJobId : `${onJobId} (${name})`;
}
