import type { Catalog } from '../../catalog/types.ts';
import type { Queries } from '../../db/database.ts';
import type { JobWithOwner } from '../../db/queries/find-job.ts';
import { findJobInputs } from '../../db/queries/find-job-inputs.ts';
import { countLostRestored } from '../../db/queries/restored.ts';
import { invalidFields, refused } from '../../problems.ts';
import { readDefinition } from './stored.ts';

/** What tiles that are left to a resumed run may still need. */
const NEEDED_TO_RESUME: readonly string[] = ['template', 'script'];

/**
 * Refuses a job whose files, hardware or software, in order when it was saved, are gone now. Runs that are resumed have
 * their inputs in their directories.
 */
export async function refuseUnrunnable(
  currentCatalog: () => Catalog,
  queries: Queries,
  job: JobWithOwner,
  { resumes = false } = {},
): Promise<void> {
  // A job that has been submitted cannot be changed any more, only run again as it is.
  const remedy = job.status === null ? 'PATCH the job' : 'Clone the job and PATCH the clone';
  const inputs = await findJobInputs(queries, job.id);
  const deleted = inputs.filter(
    ({ deleted_at, role }) => deleted_at !== null && (!resumes || NEEDED_TO_RESUME.includes(role)),
  );
  if (deleted.length > 0) {
    const names = deleted.map((file) => `${file.name} (${file.id})`).join(', ');
    throw refused(`These input files have been deleted: ${names}.`, {
      code: 'input_deleted',
      hint: `Upload them again. ${remedy} with the new ids.`,
    });
  }
  if (!resumes && (await countLostRestored(queries, job.id)) > 0) {
    throw refused('Files from which this job is to go on have been deleted.', {
      code: 'restored_deleted',
      hint: 'Restart the job that they came from once more (POST jobs/{id}/restart/), from what it still has.',
    });
  }
  const catalog = currentCatalog();
  const coreType = catalog.coreType(job.core_type);
  if (!coreType?.available || !coreType.cores.includes(job.cores_per_slot)) {
    throw invalidFields({
      non_field_errors: [
        `${job.cores_per_slot} cores of ${job.core_type} are no longer offered. ${coreType?.unavailableReason ?? ''} ${remedy} with hardware from coretypes/.`,
      ],
    });
  }
  for (const { analysis } of readDefinition(job.definition).jobanalyses) {
    const version = catalog.version(analysis.code, analysis.version);
    if (version && !version.unavailableReason) {
      continue;
    }
    throw invalidFields({
      non_field_errors: [
        `The specified version is not available: ${analysis.code} ${analysis.version}. ${version?.unavailableReason ?? `${remedy} with one from analyses/.`}`,
      ],
    });
  }
}
