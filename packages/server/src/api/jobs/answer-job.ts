import type { JobWithOwner } from '../../db/queries/find-job.ts';
import { findJobInputs } from '../../db/queries/find-job-inputs.ts';
import { findSkipped } from '../../db/queries/find-skipped.ts';
import type { Call } from '../../http/route.ts';
import { attachedFiles } from '../../jobs/definition/attached-files.ts';
import { readDefinition } from '../../jobs/definition/stored.ts';
import { readState } from '../../jobs/life/store.ts';
import { fileToWire } from '../files/to-wire.ts';
import type { JobsContext } from './context.ts';
import { dependenciesToWire } from './dependencies.ts';
import { skippedWarning } from './skipped-warning.ts';
import { jobToWire } from './to-wire.ts';

type JobCall = Pick<Call, 'caller' | 'version' | 'baseUrl' | 'warn'>;

/** The answer for one job. */
export async function answerJob({ database, domain }: JobsContext, call: JobCall, job: JobWithOwner) {
  const definition = readDefinition(job.definition);
  const { read } = database;
  // Only once it has ended: whoever follows a job would be told again with each run.
  const skipped = job.is_completed === 1 ? await findSkipped(read, job.id) : null;
  if (skipped !== null) {
    call.warn(skippedWarning(job.id, readState(job.state).runs, skipped));
  }
  const inputs = attachedFiles(definition).length > 0 ? await findJobInputs(read, job.id) : [];
  const files = new Map(
    inputs.map((row) => [row.id, fileToWire(row, { baseUrl: call.baseUrl, version: call.version })] as const),
  );
  return jobToWire(job, definition, {
    catalog: domain.catalog(),
    clock: domain.clock,
    version: call.version,
    files,
    after: await dependenciesToWire(read, call.caller, job, definition),
  });
}
