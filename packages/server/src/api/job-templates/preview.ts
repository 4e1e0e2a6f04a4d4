import { previewJobTemplate } from '@quarry/contract';
import { person } from '../../access/caller.ts';
import { route } from '../../http/route.ts';
import { blaming } from '../../job-templates/blame.ts';
import { fillTemplate } from '../../job-templates/fill-template.ts';
import { previewJob } from '../../jobs/verbs/preview.ts';
import type { JobsContext } from '../jobs/context.ts';

export const preview = ({ database, domain }: JobsContext) =>
  route(previewJobTemplate, async ({ caller, params, body, warn }) => {
    const needs = { ...domain, queries: database.read };
    const wish = { templateId: params.templateId, ...body };
    const { wanted, definition, places, scripts } = await fillTemplate(needs, caller, wish);
    const { run, points } = body;
    const found = await blaming(places, () =>
      previewJob(needs, person(caller), { definition: wanted, run, points, contents: {} }, warn),
    );
    // Those that there are stand in for these in the answer.
    return { warnings: [], ...found, definition, scripts };
  });
