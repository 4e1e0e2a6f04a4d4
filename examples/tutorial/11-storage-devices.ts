/**
 * 11. Storage devices: a directory that several jobs have at the same time, and that outlives them.
 *
 * Outputs of a job are its own. What several jobs share, such as a mesh, a work directory of a pipeline, or a state that the
 * next job goes on with, lies on a storage device: $HOME/storage_<id> in each job that has it.
 */
import { connect } from '@quarry/sdk/node';

const platform = await connect();

// A device is created with a size in GB, and submitted. Elsewhere it takes a while to start; here it is there at once.
const { id } = await platform.storageDevices.create({
  name: 'Tutorial: shared',
  storageSize: 1,
  firstAlert: 80,
});
await platform.storageDevices.submit(id);
const history = await platform.storageDevices.statuses(id).all();
console.log(`Device ${id}: ${history.map(({ status }) => status).join(' < ')}`);

// Something for the jobs to work on. It is there whole, or not at all.
await platform.storageDevices.upload(id, 'case/terms.txt', '200000\n');

/** Saves and submits a job that has the device. */
async function start(name: string, command: string): Promise<string> {
  const job = await platform.jobs.create({
    name: `Tutorial: ${name}`,
    jobanalyses: [
      {
        analysis: { code: 'user_included', version: '0' },
        command,
        hardware: { coreType: 'quartz', coresPerSlot: 1 },
      },
    ],
    storageDevices: [{ id }],
  });
  await platform.jobs.submit(job.id);
  return job.id;
}

// One job writes what another one reads, also while both run.
const directory = `$HOME/storage_${id}/case`;
const estimate = await start(
  'estimate',
  `awk '{ for (k = 0; k < $1; k++) s += (k % 2 ? -4 : 4) / (2 * k + 1); print s }' ${directory}/terms.txt > ${directory}/pi.tmp
mv ${directory}/pi.tmp ${directory}/pi.txt`,
);
const report = await start(
  'report',
  `until [ -e ${directory}/pi.txt ]; do sleep 0.1; done
echo "pi is about $(cat /storage_${id}/case/pi.txt 2> /dev/null || cat ${directory}/pi.txt)" | tee ${directory}/report.txt`,
);
for (const job of [estimate, report]) {
  console.log(`Outcome of ${job}: ${(await platform.jobs.wait(job)).outcome}`);
}

// What lies on a device is nobody's output: it is still there when the jobs are deleted.
for (const job of [estimate, report]) {
  await platform.jobs.delete(job);
}
for await (const { path, type, sizeBytes } of platform.storageDevices.entries(id, { path: 'case' })) {
  console.log(`${type} ${path} ${sizeBytes}`);
}
console.log((await (await platform.storageDevices.download(id, 'case/report.txt')).text()).trim());

// A file on a device can also be an input: each run gets a copy, which its command may change.
const copied = await platform.jobs.create({
  name: 'Tutorial: copied',
  jobanalyses: [
    {
      analysis: { code: 'user_included', version: '0' },
      command: 'echo 100 > terms.txt',
      hardware: { coreType: 'quartz', coresPerSlot: 1 },
    },
  ],
  storageDevices: [{ id, inputFiles: [{ sourcePath: 'case/terms.txt' }] }],
});
await platform.jobs.submit(copied.id);
await platform.jobs.wait(copied.id);
const kept = await (await platform.storageDevices.download(id, 'case/terms.txt')).text();
console.log(`Terms on the device: ${kept.trim()}`);
await platform.jobs.delete(copied.id);

// With the device goes what lies on it.
await platform.storageDevices.delete(id);
console.log(`Deleted device ${id}`);
