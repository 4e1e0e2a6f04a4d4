import { createJobTemplate, deleteJobTemplate, updateJobTemplate } from '@quarry/contract';
import { findTemplate } from '../../db/queries/job-templates.ts';
import type { Call } from '../../http/route.ts';
import { route } from '../../http/route.ts';
import {
  changeTemplate,
  createTemplate,
  deleteTemplate,
  type WrittenTemplate,
} from '../../job-templates/write.ts';
import type { JobsContext } from '../jobs/context.ts';
import { templateToWire } from './to-wire.ts';

export const create = (context: JobsContext) =>
  route(createJobTemplate, async (call) => {
    const { database, domain } = context;
    const written = await database.write((queries) =>
      createTemplate({ ...domain, queries }, call.caller, call.body),
    );
    return answer(context, call, written);
  });

export const update = (context: JobsContext) =>
  route(updateJobTemplate, async (call) => {
    const { database, domain } = context;
    const wanted = { id: call.params.templateId, change: call.body };
    const written = await database.write((queries) =>
      changeTemplate({ ...domain, queries }, call.caller, wanted),
    );
    return answer(context, call, written);
  });

export const remove = ({ database, domain }: JobsContext) =>
  route(deleteJobTemplate, ({ caller, params }) =>
    database.write((queries) => deleteTemplate({ ...domain, queries }, caller, params.templateId)),
  );

async function answer(
  { database }: JobsContext,
  call: Pick<Call, 'caller' | 'warn'>,
  { id, warnings }: WrittenTemplate,
) {
  for (const text of warnings) {
    call.warn(text);
  }
  return templateToWire(await findTemplate(database.read, call.caller, id));
}
