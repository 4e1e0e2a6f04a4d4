import type { Job, JobDefinition } from '@quarry/sdk';
import { CliError, usageError } from '../errors.ts';
import { EXIT } from '../exit-codes.ts';

type Dependency = NonNullable<JobDefinition['after']>[number];

const CONDITIONS = ['success', 'failure', 'any'] as const;

/** `ID` or `ID:CONDITION`, a job that is to end first. */
export function readAfter(given: string): Dependency {
  const [jobId = '', wanted, ...rest] = given.split(':');
  const on = CONDITIONS.find((condition) => condition === (wanted ?? 'success'));
  if (jobId === '' || on === undefined || rest.length > 0) {
    throw usageError(
      `--after takes a job, as ID, ID:success, ID:failure or ID:any, not "${given}".`,
      'Without a condition the job is to end in success.',
    );
  }
  return { jobId, on };
}

/** A platform that knows nothing of dependencies would start the job at once. */
export function requireDependencies(
  { after: wanted }: Pick<JobDefinition, 'after'>,
  job: Pick<Job, 'id' | 'after'>,
): void {
  if (wanted && wanted.length > 0 && job.after === undefined) {
    throw new CliError(
      'This platform cannot start jobs after others: it is older than this program, or another one.',
      {
        code: 'no_dependencies',
        hint: `Job ${job.id} is saved and not submitted. Submit it when the others have ended: quarry jobs submit --saved ${job.id}`,
        exitCode: EXIT.refused,
      },
    );
  }
}
