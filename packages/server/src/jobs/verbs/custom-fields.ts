import { MAX_CUSTOM_FIELDS, MAX_CUSTOM_FIELDS_LENGTH } from '@quarry/contract';
import { type Caller, person } from '../../access/caller.ts';
import { changeColumns } from '../../db/queries/change-job.ts';
import { findOwnJob } from '../../db/queries/find-job.ts';
import { recordEvent } from '../../db/queries/record-event.ts';
import { invalidFields } from '../../problems.ts';
import type { Domain } from './domain.ts';

/** Sets fields of a job to values, or takes those away whose value is null; answers the fields as they are stored then. */
export async function setCustomFields(
  { queries, clock }: Pick<Domain, 'queries' | 'clock'>,
  actor: Caller,
  { jobId, values }: { jobId: string; values: Readonly<Record<string, unknown>> },
): Promise<string> {
  const job = await findOwnJob(queries, actor, jobId);
  const fields = new Map(Object.entries(JSON.parse(job.custom_fields) as Record<string, unknown>));
  for (const [name, value] of Object.entries(values)) {
    if (value === null) {
      fields.delete(name);
    } else {
      fields.set(name, value);
    }
  }
  const text = JSON.stringify(Object.fromEntries(fields));
  refuseTooMuch(fields.size, text);
  if (text === job.custom_fields) {
    return text;
  }
  await changeColumns(queries, job.id, { custom_fields: text });
  await recordEvent(queries, {
    at: clock.now(),
    actorId: person(actor).userId,
    subject: `job:${job.id}`,
    verb: 'changed',
    detail: { fields: ['customFields'] },
  });
  return text;
}

function refuseTooMuch(count: number, text: string): void {
  if (count > MAX_CUSTOM_FIELDS) {
    throw invalidFields({
      non_field_errors: [
        `The job would have ${count} fields, and may have ${MAX_CUSTOM_FIELDS}. Set some to null, which takes them away.`,
      ],
    });
  }
  if (text.length > MAX_CUSTOM_FIELDS_LENGTH) {
    throw invalidFields({
      non_field_errors: [
        `The fields of the job would take ${text.length} characters as JSON, and may take ${MAX_CUSTOM_FIELDS_LENGTH}. Keep what is long in a file, and its id here.`,
      ],
    });
  }
}
