import { z } from 'zod';
import { endpoint } from './endpoint.ts';

export const getTask = endpoint({
  method: 'GET',
  path: '/api/v2/tasks/:token/',
  versions: ['v2', 'v3'],
  summary: 'The answer to a question that may take long',
  description:
    'Ask again while `ready` is false. A token is good for an hour, for the user who got it and as long as they may see what it is about: 410 after that, 404 for anybody else.',
  tag: 'Tasks',
  access: 'user',
  params: z.object({
    /** From the answer to the question, such as that of `jobs/{jobId}/servers/load/`. */
    token: z.string(),
  }),
  refusals: ['Gone'],
  status: 200,
  response: z.strictObject({
    /** Whether the result is there. */
    ready: z.boolean(),
    /** What was asked for; empty until it is ready. */
    result: z.array(z.unknown()),
  }),
});
