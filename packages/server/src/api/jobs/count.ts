import { countJobs, type JobCounts } from '@quarry/contract';
import { countJobs as count } from '../../db/queries/list-jobs.ts';
import { route } from '../../http/route.ts';
import type { JobsContext } from './context.ts';

export const counts = ({ database }: JobsContext) =>
  route(countJobs, async ({ caller, query }) => {
    const answer: JobCounts = { count: 0, saved: 0, byStatus: {}, byOutcome: {} };
    for (const { status, outcome, jobs } of await count(database.read, caller, query)) {
      answer.count += jobs;
      if (outcome !== null) {
        const key = outcome as keyof JobCounts['byOutcome'];
        answer.byOutcome[key] = (answer.byOutcome[key] ?? 0) + jobs;
      } else if (status === null) {
        answer.saved += jobs;
      } else {
        const key = status as keyof JobCounts['byStatus'];
        answer.byStatus[key] = (answer.byStatus[key] ?? 0) + jobs;
      }
    }
    return answer;
  });
