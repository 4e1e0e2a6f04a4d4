import { MAX_TAGS } from '@quarry/contract';
import { type Caller, person } from '../../access/caller.ts';
import { changeColumns } from '../../db/queries/change-job.ts';
import { findOwnJob } from '../../db/queries/find-job.ts';
import { normalizedTag } from '../../db/queries/normalized-tag.ts';
import { recordEvent } from '../../db/queries/record-event.ts';
import { writeJobTags } from '../../db/queries/write-job-tags.ts';
import { invalidFields, refused } from '../../problems.ts';
import { readDefinition, writeDefinition } from '../definition/stored.ts';
import type { Domain } from './domain.ts';

type Needs = Pick<Domain, 'queries' | 'clock'>;
interface Tagged {
  jobId: string;
  name: string;
}

/** Gives a job a tag, unless it has it; answers the tag as it is written on the job. */
export async function addTag(domain: Needs, actor: Caller, { jobId, name }: Tagged): Promise<string> {
  const { tags, write } = await openTags(domain, actor, jobId);
  const known = tags.find((tag) => normalizedTag(tag) === normalizedTag(name));
  if (known !== undefined) {
    return known;
  }
  if (tags.length >= MAX_TAGS) {
    throw invalidFields({ name: [tooMany(tags.length, 'one')] });
  }
  await write([...tags, name]);
  return name;
}

function tooMany(count: number, toTake: string): string {
  return `The job has ${count} tags, and may have ${MAX_TAGS}. Take ${toTake} from it first (DELETE jobs/{id}/tags/).`;
}

/** Takes a tag from a job, if it has it, however it is written there. */
export async function removeTag(domain: Needs, actor: Caller, { jobId, name }: Tagged): Promise<void> {
  const { tags, write } = await openTags(domain, actor, jobId);
  const left = tags.filter((tag) => normalizedTag(tag) !== normalizedTag(name));
  if (left.length < tags.length) {
    await write(left);
  }
}

/** Gives a job tags and takes others from it, all or none; answers whether its tags are others than before. */
export async function retag(
  domain: Needs,
  actor: Caller,
  { jobId, add, remove }: { jobId: string; add: readonly string[]; remove: readonly string[] },
): Promise<boolean> {
  const { tags, write } = await openTags(domain, actor, jobId);
  const unwanted = new Set(remove.map(normalizedTag));
  const kept = tags.filter((tag) => !unwanted.has(normalizedTag(tag)));
  const known = new Set(kept.map(normalizedTag));
  const added = add.filter((name) => !known.has(normalizedTag(name)) && known.add(normalizedTag(name)));
  if (added.length === 0 && kept.length === tags.length) {
    return false;
  }
  if (kept.length + added.length > MAX_TAGS) {
    throw refused(tooMany(tags.length, 'some'), {
      code: 'too_many_tags',
      hint: `The request adds ${added.length} that it does not have.`,
    });
  }
  await write([...kept, ...added]);
  return true;
}

async function openTags({ queries, clock }: Needs, actor: Caller, jobId: string) {
  const job = await findOwnJob(queries, actor, jobId);
  const definition = readDefinition(job.definition);
  return {
    tags: definition.tags,
    async write(tags: string[]): Promise<void> {
      await changeColumns(queries, job.id, {
        tags: JSON.stringify(tags),
        definition: writeDefinition({ ...definition, tags }),
      });
      await writeJobTags(queries, job.id, tags);
      await recordEvent(queries, {
        at: clock.now(),
        actorId: person(actor).userId,
        subject: `job:${job.id}`,
        verb: 'changed',
        detail: { fields: ['tags'] },
      });
    },
  };
}
