import { type RestartRuns, RUN_TYPE } from '@quarry/contract';
import type { Queries } from '../../db/database.ts';
import type { JobWithOwner } from '../../db/queries/find-job.ts';
import { findNamedRuns } from '../../db/queries/runs-to-rerun.ts';
import { findChosenRuns } from '../../db/queries/runs-to-restart.ts';
import { conflict, invalidFields, refused } from '../../problems.ts';
import { fromRunId } from '../runs/attempts.ts';
import { nameRuns } from './pick-runs.ts';

/** How runs are chosen: by how they ended, or by their ids. */
export type WantedRuns = RestartRuns | (string | number)[];

const NONE: Record<RestartRuns, string> = {
  all: 'The job has no runs yet.',
  failed: 'No run of the job has ended otherwise than in success.',
  unfinished: 'All runs of the job have ended in success.',
};

/** Numbers of the runs of a job that its restart is to have, ascending. Refuses where there are none. */
export async function chooseRuns(
  queries: Queries,
  job: Pick<JobWithOwner, 'id' | 'is_sweep' | 'optimization'>,
  wanted: WantedRuns = job.is_sweep === 1 ? 'unfinished' : 'all',
): Promise<number[]> {
  if (job.optimization !== null) {
    throw refused('An optimizer chooses its runs one after another, so none can go on without the others.', {
      code: 'restart_of_optimization',
      hint: 'Execute its failed runs again (POST jobs/{id}/runs/rerun/), or clone the job.',
    });
  }
  const numbers = Array.isArray(wanted)
    ? await findNamed(queries, job.id, wanted.map(String))
    : await findChosenRuns(queries, job.id, wanted);
  if (numbers.length === 0) {
    throw conflict(NONE[wanted as RestartRuns], {
      code: 'nothing_to_restart_from',
      hint:
        wanted === 'all' ? 'Submit it first.' : 'Name the runs that are to go on, or choose "all" (runs).',
    });
  }
  return numbers;
}

async function findNamed(queries: Queries, jobId: string, ids: readonly string[]): Promise<number[]> {
  const numbers = [...new Set(ids.map((id) => fromRunId(id)?.number ?? 0))];
  const found = await findNamedRuns(queries, jobId, numbers);
  const known = new Set(
    found.flatMap(({ number, type }) => (type === RUN_TYPE.optimization ? [] : [String(number)])),
  );
  const unknown = ids.filter((id) => !known.has(id));
  if (unknown.length > 0) {
    throw invalidFields({ runs: [`The job has no such runs: ${nameRuns(unknown)}.`] });
  }
  return numbers.sort((a, b) => a - b);
}
