/**
 * 6. Inputs and outputs: upload, run, look at the cluster, download everything, verify it, clean up.
 *
 * Writes the outputs to job_outputs/ in the current directory.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import type { ClusterStatus } from '@quarry/sdk';
import { connect, downloadJob, uploadPath } from '@quarry/sdk/node';

const platform = await connect();

// Upload. The SDK compares the SHA-512 of what left with that of what arrived.
const script = await uploadPath(platform, `${import.meta.dirname}/job_inputs/calculate_pi.py`);
const range = await uploadPath(platform, `${import.meta.dirname}/job_inputs/range.inp`);
console.log(script.id, range.id);

// Create, submit, wait.
const job = await platform.jobs.create({
  name: 'Tutorial: with inputs',
  jobanalyses: [
    {
      analysis: { code: 'miniconda', version: '4.8.4' },
      command: 'python calculate_pi.py range.inp',
      hardware: { coreType: 'granite', coresPerSlot: 2 },
      inputFiles: [{ id: script.id }, { id: range.id }],
    },
  ],
  projectId: null,
});
await platform.jobs.submit(job.id);
const history: string[] = [];
const { outcome, failure } = await platform.jobs.wait(job.id, {
  onStatus: ({ status }) => {
    history.push(status);
    console.log(history.join(' > '));
  },
});
console.log(`Outcome: ${outcome}`);
if (outcome !== 'success') {
  throw new Error(failure?.message);
}

/*
 * Where is the cluster status information useful? A job's statuses tell how far the work is; the cluster's tell what
 * the hardware does meanwhile. Three questions only they answer:
 * - Did the job wait for a machine, or did it compute? From the first row to Started is waiting.
 * - What is paid for? The machine is held from Started to Stopped, which is longer than Executing to Completed.
 * - Is everything let go? A job is Completed a moment before its cluster is Stopped; some platforms delete a job only
 *   after that, and a cluster that ends as Error explains a job that never started.
 */
const cluster = await untilStopped(job.id);
for (const { status, statusDate } of cluster) {
  console.log(`${statusDate}\t${status}`);
}
const seconds = (from: string, to: string) => (dateOf(cluster, to) - dateOf(cluster, from)) / 1000;
const first = cluster[0]!.status;
console.log(
  `Waited ${seconds(first, 'Started')} s for a cluster and held it for ${seconds('Started', 'Stopped')} s.`,
);

// Download all outputs; each is verified before it gets its name.
const downloaded = await downloadJob(platform, job.id, 'job_outputs', { overwrite: true });
for (const { path, sizeBytes } of downloaded) {
  console.log(`${path}\t${sizeBytes} bytes`);
}

// The same once more by hand: hash what is on disk and compare it with the metadata of the file.
for (const { file, path } of downloaded) {
  const { fileChecksums } = await platform.files.get(file.id);
  const hash = createHash('sha512');
  for await (const chunk of createReadStream(path)) {
    hash.update(chunk);
  }
  console.log(`${hash.digest('hex') === fileChecksums[0]?.fileHash ? 'OK' : 'FAIL'}\t${file.name}`);
}
const estimate = downloaded.find(({ file }) => file.name === 'pi_estimate.res');
if (estimate !== undefined) {
  console.log(`pi is about ${(await platform.files.text(estimate.file.id)).trim()}`);
}

// Delete the job together with its inputs.
await platform.jobs.delete(job.id, { deleteInputFiles: true });
console.log(`Deleted job ${job.id} and its input files`);

/** The history of the job's cluster, oldest first, once the cluster is gone. */
async function untilStopped(jobId: string): Promise<ClusterStatus[]> {
  for (let attempt = 0; attempt < 60; attempt++) {
    const statuses = await platform.jobs.clusterStatuses(jobId).all();
    const ended = statuses.some(({ status }) => status === 'Stopped' || status === 'Error');
    if (ended) {
      return statuses.toReversed(); // the API lists the newest first
    }
    await pause(Math.min(250 * (attempt + 1), 5000));
  }
  throw new Error(`The cluster of job ${jobId} has not stopped yet.`);
}

function dateOf(statuses: ClusterStatus[], wanted: string): number {
  return Date.parse(statuses.find(({ status }) => status === wanted)?.statusDate ?? '');
}
