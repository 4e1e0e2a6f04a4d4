/**
 * 7. Clone: a job that failed for want of its inputs gets a second life.
 *
 * A job that has run stays as it was; its clone is a new job with the same definition, saved and not yet submitted.
 * Platforms that cannot clone get the same from the SDK by reading, editing and creating.
 */
import { connect, uploadPath } from '@quarry/sdk/node';

const platform = await connect();

const failed = await platform.jobs.create({
  name: 'Tutorial: without inputs',
  jobanalyses: [
    {
      analysis: { code: 'miniconda', version: '4.8.4' },
      command: 'python calculate_pi.py range.inp',
      hardware: { coreType: 'granite', coresPerSlot: 2 },
    },
  ],
});
await platform.jobs.submit(failed.id);
console.log(`Outcome of ${failed.id}: ${(await platform.jobs.wait(failed.id)).outcome}`);

const clone = await platform.jobs.clone(failed.id, { name: 'Tutorial: the clone' });
console.log(`Job ${clone.id} is a clone of ${failed.id}`);

// Before it is submitted, its definition can still be changed.
const script = await uploadPath(platform, `${import.meta.dirname}/job_inputs/calculate_pi.py`);
const range = await uploadPath(platform, `${import.meta.dirname}/job_inputs/range.inp`);
const [tile] = clone.jobanalyses;
if (tile === undefined) {
  throw new Error('The clone has no analysis.');
}
await platform.jobs.update(clone.id, {
  jobanalyses: [
    {
      analysis: { code: tile.analysis.code, version: tile.analysis.version },
      command: tile.command,
      hardware: { coreType: tile.hardware.coreType, coresPerSlot: tile.hardware.coresPerSlot },
      inputFiles: [{ id: script.id }, { id: range.id }],
    },
  ],
});

await platform.jobs.submit(clone.id);
console.log(`Outcome of ${clone.id}: ${(await platform.jobs.wait(clone.id)).outcome}`);
const [result] = await platform.jobs.files(clone.id, { search: 'pi_estimate.res' }).all();
if (result !== undefined) {
  console.log(`pi is about ${(await platform.files.text(result.id)).trim()}`);
}

await platform.jobs.delete(failed.id);
await platform.jobs.delete(clone.id, { deleteInputFiles: true });
console.log(`Deleted jobs ${failed.id} and ${clone.id}`);
