import { createJobs } from '@quarry/contract';
import { person } from '../../access/caller.ts';
import { route } from '../../http/route.ts';
import { once } from '../../idempotency/once.ts';
import type { Applied } from '../../jobs/life/store.ts';
import { forEachOfMany, prepareJobs } from '../../jobs/verbs/many.ts';
import { saveJob } from '../../jobs/verbs/save.ts';
import { submitJob } from '../../jobs/verbs/submit.ts';
import type { JobsContext } from './context.ts';

/** Saves, and submits if wished, all jobs in one transaction. */
export const createMany = ({ database, domain, engine }: JobsContext) =>
  route(createJobs, async (call) => {
    const { caller, body } = call;
    const owner = person(caller);
    const applied: Applied[] = [];
    const made = await once({ database, clock: domain.clock }, call, async () => {
      const prepared = await prepareJobs({ ...domain, queries: database.read }, owner, body.jobs);
      return async (queries) => {
        await forEachOfMany(prepared, async (job) => {
          await saveJob({ ...domain, queries }, owner, job);
          if (body.submit) {
            const planned = { ...job, definitionText: job.columns.definition };
            applied.push(await submitJob({ ...domain, queries }, caller, planned));
          }
        });
        return {
          jobs: prepared.map(({ id, definition, warnings }) => ({ id, name: definition.name, warnings })),
        };
      };
    });
    engine.perform(applied);
    return made;
  });
