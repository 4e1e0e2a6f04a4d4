import { listJobTemplates, listJobTemplateVersions } from '@quarry/contract';
import { findTemplate, listTemplates, listTemplateVersions } from '../../db/queries/job-templates.ts';
import { route } from '../../http/route.ts';
import type { JobsContext } from '../jobs/context.ts';
import { paginate } from '../paging.ts';
import { templateSummaryToWire, templateVersionToWire } from './to-wire.ts';

export const list = ({ database }: JobsContext) =>
  route(listJobTemplates, async (call) =>
    paginate(call, listTemplates(database.read, call.caller, call.query), templateSummaryToWire),
  );

export const versions = ({ database }: JobsContext) =>
  route(listJobTemplateVersions, async (call) => {
    const { id } = await findTemplate(database.read, call.caller, call.params.templateId);
    return paginate(call, listTemplateVersions(database.read, id), templateVersionToWire);
  });
