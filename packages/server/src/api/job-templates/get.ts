import { getJobTemplate } from '@quarry/contract';
import { findTemplate } from '../../db/queries/job-templates.ts';
import { route } from '../../http/route.ts';
import type { JobsContext } from '../jobs/context.ts';
import { templateToWire } from './to-wire.ts';

export const get = ({ database }: JobsContext) =>
  route(getJobTemplate, async ({ caller, params, query }) =>
    templateToWire(await findTemplate(database.read, caller, params.templateId, query.version)),
  );
