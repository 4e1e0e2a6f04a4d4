/** Fields of a job that whoever drives it makes up: free names with JSON values. */
import { z } from 'zod';
import { endpoint } from './endpoint.ts';
import { wireWords } from './errors.ts';
import { MAX_NAME_LENGTH } from './limits.ts';
import { byUsableName, UNUSABLE_NAME } from './unusable-name.ts';

/** One field, as it is answered. */
export const customField = z
  .strictObject({
    /** About the field. */
    meta: z.strictObject({
      /** Its name. */
      name: z.string(),
    }),
    /** Its value: any JSON but null. */
    value: z.unknown(),
  })
  .meta({ id: 'CustomField' });

/** Fields by their names, as they are answered. */
export const customFields = z.record(z.string(), customField).meta({ id: 'CustomFields' });
export type CustomFields = z.output<typeof customFields>;

/** Values by the names of their fields; null takes the field away. */
const customFieldValues = z
  .record(z.string(), z.unknown(), { error: wireWords })
  .superRefine((values, context) => {
    for (const name of Object.keys(values)) {
      const message = nameProblem(name);
      if (message !== null) {
        context.addIssue({ code: 'custom', message, path: [name] });
      }
    }
  });

/** Why a text cannot be the name of a field, or null when it can. */
function nameProblem(name: string): string | null {
  if (name.trim() === '') {
    return 'The name of a field may not be blank.';
  }
  return name.length > MAX_NAME_LENGTH
    ? `The name of a field may have no more than ${MAX_NAME_LENGTH} characters.`
    : null;
}

const body = byUsableName(customFieldValues, `A field may not be called ${UNUSABLE_NAME}.`);

const shared = {
  versions: ['v2', 'v3'],
  tag: 'Jobs',
  access: 'user',
  path: '/api/v2/jobs/:jobId/custom-fields/',
  params: z.object({
    /** Id of the job. */
    jobId: z.string(),
  }),
} as const;

export const getJobCustomFields = endpoint({
  ...shared,
  method: 'GET',
  summary: 'Custom fields of a job',
  description: 'An object with a key for each field, without pages; the same as `customFields` of the job.',
  status: 200,
  response: customFields,
});

export const setJobCustomFields = endpoint({
  ...shared,
  method: 'POST',
  summary: 'Set custom fields of a job',
  description:
    'In any state of the job, also when it has ended. The body has values by the names of their fields, any JSON; null takes a field away, and fields that are not named stay as they are. Names need not be declared anywhere. The answer has all fields of the job.',
  body,
  status: 200,
  refusals: ['Forbidden'],
  response: customFields,
});
