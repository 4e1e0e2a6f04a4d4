/**
 * 5. The first job, which fails: a refused core count, a status history, a log that tells why, and what no longer
 * changes a job once it has run.
 */
import { BadRequestError, type JobDefinition } from '@quarry/sdk';
import { connect, uploadPath } from '@quarry/sdk/node';

const platform = await connect({ onWarning: ({ message }) => console.log(`Warning: ${message}`) });

// Replace with your projectId if required.
const projectId = null;

const definition = (coresPerSlot: number, inputFiles: { id: string }[] = []): JobDefinition => ({
  name: 'Tutorial: the first job',
  jobanalyses: [
    {
      analysis: { code: 'miniconda', version: '4.8.4' },
      command: 'python calculate_pi.py range.inp',
      hardware: { coreType: 'granite', coresPerSlot },
      inputFiles,
    },
  ],
  projectId,
});

// Granite does not come with one core. The refusal names the field and what is allowed.
try {
  await platform.jobs.create(definition(1));
} catch (error) {
  if (!(error instanceof BadRequestError)) {
    throw error;
  }
  console.log(`Status code: ${error.status}`);
  for (const { path, message } of error.fieldErrors) {
    console.log(`${path}: ${message}`);
  }
}

// Let's fix it. Creating only saves the job; submitting runs it.
const job = await platform.jobs.create(definition(2));
console.dir(job, { depth: null });
await platform.jobs.submit(job.id);
console.log(`Submitted job ${job.id}`);

// A failed job is not an error of the call that waits for it: the result says how it ended.
const history: string[] = [];
const { outcome, failure } = await platform.jobs.wait(job.id, {
  onStatus: ({ status }) => {
    history.push(status);
    console.log(history.join(' > '));
  },
});
console.log(`Outcome: ${outcome}`);
console.log(`Reason: ${failure?.message}`);

// The log of the command is one of the outputs of every job.
const outputs = await platform.jobs.files(job.id, { search: 'output' }).all();
console.dir(outputs, { depth: null });
const log = outputs.find(({ name }) => name === 'process_output.log');
if (log === undefined) {
  throw new Error('The job has no process_output.log.');
}
for (const line of await platform.files.lines(log.id)) {
  process.stdout.write(line);
}

// All is clear: the inputs were never uploaded.
const script = await uploadPath(platform, `${import.meta.dirname}/job_inputs/calculate_pi.py`);
const range = await uploadPath(platform, `${import.meta.dirname}/job_inputs/range.inp`);
console.log(script.id, range.id);

// Too late for this job, though: the platform keeps what has run as it ran, and says so in its own way.
try {
  await platform.jobs.update(job.id, definition(2, [{ id: script.id }, { id: range.id }]));
  console.log('The update was accepted.');
} catch (error) {
  if (!(error instanceof BadRequestError)) {
    throw error;
  }
  console.log(`The update was refused: ${error.detail}`);
}
try {
  await platform.jobs.submit(job.id);
  console.log('The second submit was accepted.');
} catch (error) {
  if (!(error instanceof BadRequestError)) {
    throw error;
  }
  console.log(`The second submit was refused: ${error.detail}`);
}
const unchanged = await platform.jobs.get(job.id);
console.log(`Input files of the job: ${unchanged.jobanalyses[0]?.inputFiles.length}`);

// Chapter 7 gives such a job a second life; here we delete it.
await platform.jobs.delete(job.id);
for (const file of [script, range]) {
  await platform.files.delete(file.id);
}
console.log(`Deleted job ${job.id}`);
