/** Tags of a job, one by one; the field `tags` of a definition sets them all. */
import { z } from 'zod';
import { endpoint } from './endpoint.ts';
import { tag } from './job.ts';
import { MAX_TAG_LENGTH } from './limits.ts';
import { wireObject, wireQuery, wireString } from './wire.ts';

const tagName = () => wireString({ max: MAX_TAG_LENGTH, blank: false });

const jobParams = z.object({
  /** Id of the job. */
  jobId: z.string(),
});
const shared = { versions: ['v2', 'v3'], tag: 'Jobs', access: 'user' } as const;

export const listJobTags = endpoint({
  ...shared,
  method: 'GET',
  path: '/api/v2/jobs/:jobId/tags/',
  summary: 'Tags of a job, in the order in which it got them',
  description: 'A bare list, without pages.',
  params: jobParams,
  status: 200,
  response: z.array(tag),
});

export const addJobTag = endpoint({
  ...shared,
  method: 'POST',
  path: '/api/v2/jobs/:jobId/tags/',
  summary: 'Give a job a tag',
  description:
    'In any state of the job, also when it has ended. Tags are compared without regard to case: one that the job has already stays as it was written, and is answered with 201 too.',
  params: jobParams,
  body: wireObject(
    {
      /** The tag: any text. */
      name: tagName(),
    },
    { ignored: ['id', 'normalizedName'] },
  ),
  status: 201,
  refusals: ['Forbidden'],
  response: z.strictObject({
    ...tag.shape,
    /** About the request: what of it is unknown here. */
    warnings: z.array(z.string()).optional(),
  }),
});

export const removeJobTag = endpoint({
  ...shared,
  method: 'DELETE',
  path: '/api/v2/jobs/:jobId/tags/',
  summary: 'Take a tag from a job, named in the query or in the body',
  description:
    'Without regard to case. A tag that the job does not have is no error, so that the request may be repeated.',
  params: jobParams,
  query: wireQuery({
    /** The tag, where the body does not name it. */
    name: wireString({ max: MAX_TAG_LENGTH }).optional(),
  }),
  body: wireObject(
    {
      /** The tag, where the query does not name it. */
      name: tagName().optional(),
    },
    { ignored: ['id', 'normalizedName'] },
  ),
  status: 204,
  refusals: ['Forbidden'],
});

export const removeNamedJobTag = endpoint({
  ...shared,
  method: 'DELETE',
  path: '/api/v2/jobs/:jobId/tags/:name/',
  summary: 'Take a tag from a job, named in the path',
  description: 'As `DELETE jobs/{jobId}/tags/`; the name is percent-encoded, as everything in a path.',
  params: z.object({
    /** Id of the job. */
    jobId: z.string(),
    /** The tag. */
    name: z.string(),
  }),
  status: 204,
  refusals: ['Forbidden'],
});
