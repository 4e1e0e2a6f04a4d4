import { tagJobs } from '@quarry/contract';
import { normalizedTag } from '../../db/queries/normalized-tag.ts';
import { route } from '../../http/route.ts';
import { retag } from '../../jobs/verbs/tags.ts';
import { oneByOne } from '../../one-by-one.ts';
import { invalidFields } from '../../problems.ts';
import type { JobsContext } from './context.ts';

/** Changes the tags of each job by itself. */
export const tagMany = ({ database, domain }: JobsContext) =>
  route(tagJobs, async ({ caller, body: { jobs, add, remove } }) => {
    if (add.length === 0 && remove.length === 0) {
      throw invalidFields({ add: ['Name at least one tag, here or in "remove".'] });
    }
    const added = new Set(add.map(normalizedTag));
    const both = remove.find((name) => added.has(normalizedTag(name)));
    if (both !== undefined) {
      throw invalidFields({ remove: [`"${both}" is in "add" too. Name it in one of them.`] });
    }
    const { done, refused } = await oneByOne(jobs, (jobId) =>
      database.write((queries) => retag({ ...domain, queries }, caller, { jobId, add, remove })),
    );
    return {
      changed: [...done].filter(([, isChanged]) => isChanged).map(([id]) => id),
      unchanged: [...done].filter(([, isChanged]) => !isChanged).map(([id]) => id),
      refused,
    };
  });
