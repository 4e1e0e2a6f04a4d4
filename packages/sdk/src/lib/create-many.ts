import type { createJobs, JobDefinition, ResponseOf } from '@quarry/contract';
import { QuarryError } from '../errors.ts';
import type { KeyedCallOptions } from '../idempotency.ts';
import type { Transport } from '../transport.ts';

export interface CreateManyOptions extends KeyedCallOptions {
  /** Submits every job as well. */
  submit?: boolean;
}

/** Saves many jobs in one request, all of them or none. */
export async function createMany(
  transport: Transport,
  definitions: readonly JobDefinition[],
  { submit = false, ...call }: CreateManyOptions,
): Promise<ResponseOf<typeof createJobs>['jobs']> {
  const hasAfter = definitions.some(({ after }) => after != null && after.length > 0);
  if (hasAfter && !(await transport.features(call)).has('jobs-after-others')) {
    throw new QuarryError('This platform cannot start jobs after others, or is away: nothing was sent.', {
      hint: 'It would start them at once. Submit each job when those before it have ended, or leave `after` out.',
    });
  }
  const input = { body: { jobs: [...definitions], submit }, ...transport.keyed(call) };
  return (await transport.send<typeof createJobs>('POST', '/api/v2/jobs/bulk/', input)).jobs;
}
