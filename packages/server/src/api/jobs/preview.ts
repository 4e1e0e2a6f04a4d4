import { previewJob } from '@quarry/contract';
import { person } from '../../access/caller.ts';
import { route } from '../../http/route.ts';
import { previewJob as lookAhead } from '../../jobs/verbs/preview.ts';
import type { JobsContext } from './context.ts';

export const preview = ({ database, domain }: JobsContext) =>
  route(previewJob, async ({ caller, body, warn }) => {
    const found = await lookAhead({ ...domain, queries: database.read }, person(caller), body, warn);
    // Those that there are stand in for these in the answer.
    return { warnings: [], ...found };
  });
