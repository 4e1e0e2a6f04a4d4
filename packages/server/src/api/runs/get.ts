import { getJobRun } from '@quarry/contract';
import { findJob } from '../../db/queries/find-job.ts';
import { findRun } from '../../db/queries/find-runs.ts';
import { route } from '../../http/route.ts';
import { readDefinition } from '../../jobs/definition/stored.ts';
import { inputNames } from '../../sweeps/variables.ts';
import type { JobsContext } from '../jobs/context.ts';
import { runToWire } from './to-wire.ts';

export const get = ({ database: { read } }: JobsContext) =>
  route(getJobRun, async (call) => {
    const job = await findJob(read, call.caller, call.params.jobId);
    const names = inputNames(readDefinition(job.definition));
    return runToWire(await findRun(read, job.id, call.params.runId), names);
  });
