import { addJobTag, listJobTags, removeJobTag, removeNamedJobTag } from '@quarry/contract';
import type { Caller } from '../../access/caller.ts';
import { findJob } from '../../db/queries/find-job.ts';
import { route } from '../../http/route.ts';
import { addTag, removeTag } from '../../jobs/verbs/tags.ts';
import { invalidFields } from '../../problems.ts';
import type { JobsContext } from './context.ts';
import { tagsToWire, tagToWire } from './to-wire.ts';

export const listTags = ({ database }: JobsContext) =>
  route(listJobTags, async (call) =>
    tagsToWire((await findJob(database.read, call.caller, call.params.jobId)).tags),
  );

export const postTag = ({ database, domain }: JobsContext) =>
  route(addJobTag, async (call) => {
    const wanted = { jobId: call.params.jobId, name: call.body.name };
    return tagToWire(await database.write((queries) => addTag({ ...domain, queries }, call.caller, wanted)));
  });

export const deleteTag = (context: JobsContext) =>
  route(removeJobTag, async (call) => {
    const inBody = call.body.name;
    const name = inBody ?? call.query.name;
    if (name === undefined) {
      throw invalidFields({ name: ['This field is required: in the body, in the query, or in the path.'] });
    }
    if (call.query.name !== undefined && call.query.name !== name) {
      throw invalidFields({
        name: [`The query names "${call.query.name}" and the body "${name}". Name one tag, in one of them.`],
      });
    }
    await remove(context, call.caller, { jobId: call.params.jobId, name });
  });

export const deleteNamedTag = (context: JobsContext) =>
  route(removeNamedJobTag, (call) => remove(context, call.caller, call.params));

function remove(
  { database, domain }: JobsContext,
  caller: Caller,
  tag: { jobId: string; name: string },
): Promise<void> {
  return database.write((queries) => removeTag({ ...domain, queries }, caller, tag));
}
