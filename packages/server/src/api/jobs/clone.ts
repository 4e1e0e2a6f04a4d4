import { cloneJob } from '@quarry/contract';
import { findJob } from '../../db/queries/find-job.ts';
import { route } from '../../http/route.ts';
import type { StoredDefinition } from '../../jobs/definition/stored.ts';
import type { JobsContext } from './context.ts';
import { saveJob } from './create.ts';

export const clone = (context: JobsContext) =>
  route(cloneJob, (call) =>
    saveJob(context, call, async () => {
      const original = await findJob(context.database.read, call.caller, call.params.jobId);
      const definition = JSON.parse(original.definition) as StoredDefinition;
      const name = call.body?.name ?? `Copy of ${original.name}`.slice(0, 255);
      return { ...definition, name, clonedFrom: original.id };
    }),
  );
