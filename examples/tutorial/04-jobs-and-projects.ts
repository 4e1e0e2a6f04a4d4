/** 4. Jobs and projects: read the definition of a job that exists, count jobs, list projects. */
import { connect } from '@quarry/sdk/node';

const platform = await connect();

// Any job will do; on a platform without one we save a small one, and remove it at the end.
const newest = await platform.jobs.list().first();
const jobId = newest?.id ?? (await saveSmallJob());

// The definition of a job that was made in the portal is the best pattern for one made by a program.
const job = await platform.jobs.get(jobId);
console.dir(job.jobanalyses[0]?.analysis, { depth: null });
console.dir(job, { depth: null });

// How many jobs were completed this year?
const thisYear = new Date().getUTCFullYear();
let total = 0;
let inThisYear = 0;
for await (const { dateInserted } of platform.jobs.list({ state: 'completed', page_size: 100 })) {
  total += 1;
  if (new Date(dateInserted).getUTCFullYear() === thisYear) {
    inThisYear += 1;
  }
}
console.log(`Total jobs: ${total}, Jobs in ${thisYear}: ${inThisYear}`);

// Some workspaces want every job to belong to a project: its id goes into `projectId`.
console.log('Projects:');
for await (const { id, name } of platform.projects.list()) {
  console.log(`${id}\t${name}`);
}

if (newest === undefined) {
  await platform.jobs.delete(jobId);
}

async function saveSmallJob(): Promise<string> {
  const saved = await platform.jobs.create({
    name: 'Tutorial: a job to look at',
    jobanalyses: [
      {
        analysis: { code: 'miniconda', version: '4.8.4' },
        command: 'python --version',
        hardware: { coreType: 'granite', coresPerSlot: 2 },
      },
    ],
  });
  return saved.id;
}
