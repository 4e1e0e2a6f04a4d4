import { getJobCustomFields, setJobCustomFields } from '@quarry/contract';
import { findJob } from '../../db/queries/find-job.ts';
import { route } from '../../http/route.ts';
import { setCustomFields } from '../../jobs/verbs/custom-fields.ts';
import type { JobsContext } from './context.ts';
import { customFieldsToWire } from './to-wire.ts';

export const getFields = ({ database }: JobsContext) =>
  route(getJobCustomFields, async (call) =>
    customFieldsToWire((await findJob(database.read, call.caller, call.params.jobId)).custom_fields),
  );

export const setFields = ({ database, domain }: JobsContext) =>
  route(setJobCustomFields, async (call) => {
    const wanted = { jobId: call.params.jobId, values: call.body };
    return customFieldsToWire(
      await database.write((queries) => setCustomFields({ ...domain, queries }, call.caller, wanted)),
    );
  });
