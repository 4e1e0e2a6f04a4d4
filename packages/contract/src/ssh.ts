import { z } from 'zod';
import { endpoint } from './endpoint.ts';

/** How to log in to a running job; the fields are null while that cannot be. */
export const jobSsh = z
  .strictObject({
    /** Host name or address; that of the platform's own host where people may log in from there only. */
    host: z.string().nullable(),
    /** TCP port. */
    port: z.int().nullable(),
    /** The user to log in as, who is whom the commands run as. */
    username: z.string().nullable(),
    /** Public key of the cluster, as in `known_hosts`: what answers with another one is something else. */
    hostKey: z.string().nullable(),
    /** SHA-256 of that key, as `ssh` shows it when it asks whether to go on. */
    fingerprint: z.string().nullable(),
    /** The command that logs in. */
    command: z.string().nullable(),
    /** Why nobody can log in now; null when somebody can. */
    reason: z.string().nullable(),
  })
  .meta({ id: 'JobSsh' });
export type JobSsh = z.output<typeof jobSsh>;

export const getJobSsh = endpoint({
  method: 'GET',
  path: '/api/v2/jobs/:jobId/ssh/',
  versions: ['v2', 'v3'],
  summary: 'How to log in to a running job by SSH',
  description:
    'The SSH keys of the owner and those of the field `publicKey` of the job let in, nobody else. The login lands in the home of the run, whose `work/` is its directory, in the sandbox of the run; it ends when the command ends.',
  tag: 'Jobs',
  access: 'user',
  extension: true,
  params: z.object({
    /** Id of the job. */
    jobId: z.string(),
  }),
  status: 200,
  response: jobSsh,
});
