/**
 * 12. Snapshots: what a job that executes has come to, and another job that goes on from there. Tasks: what takes long.
 *
 * A snapshot is the work directory of a run in one archive; the run does not notice. A restart is a new job whose run begins
 * with the files of a snapshot, or with what a job that has ended has put out. Both are extensions of Quarry servers, but
 * for the request for a snapshot itself, as are tasks.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from '@quarry/sdk/node';

const platform = await connect();

// A "solver" that writes its state, here all steps until now, again and again, and goes on from the one that it finds. All that
// belongs together is in one file, and that is complete when it gets its name: a snapshot may come between any two files.
const solve = `touch state.chk; step=$(wc -l < state.chk); last=$(cat last)
echo "begin at step $step"
while [ "$step" -lt "$last" ]; do
  step=$((step + 1)); { cat state.chk; echo "$step"; } > state.new; mv state.new state.chk; sleep 0.05
done
echo "solved"`;
const tile = (last: number) => ({
  analysis: { code: 'user_included', version: '0' },
  command: `echo ${last} > last\n${solve}`,
  hardware: { coreType: 'granite', coresPerSlot: 2 },
});

const job = await platform.jobs.create({
  name: 'Tutorial: a job that is too long',
  jobanalyses: [tile(1_000_000)],
  // Which of its files a run can go on from; and no more than two snapshots are kept.
  checkpoints: ['*.chk'],
  snapshots: { keep: 2 },
});
await platform.jobs.submit(job.id);
const hasState = async () =>
  (await platform.jobs.runDirectory(job.id, '1').catch(() => [])).some(({ path }) => path === 'state.chk');
while (!(await hasState())) {
  await sleep(100);
}

// The whole work directory. What was written to while it was copied is named.
const snapshot = await platform.jobs.snapshot(job.id, '1', { wait: true });
console.log(
  `Snapshot: ${snapshot.status}, ${snapshot.fileCount} files, ${snapshot.changedCount} changed meanwhile`,
);

// It is a file of the run, but no output: lists of outputs show it where its type is named.
const listed = await platform.jobs.files(job.id, { type: 12 }).all();
console.log(`Files of type 12: ${listed.map(({ name }) => name).join(', ')}`);

// Nothing but the checkpoints.
const checkpoint = await platform.jobs.snapshot(job.id, '1', { kind: 'checkpoint', wait: true });
console.log(`Checkpoint: ${checkpoint.status}, ${checkpoint.fileCount} file`);
for await (const { kind, status, name } of platform.jobs.snapshots(job.id, '1')) {
  console.log(`${kind}: ${status}, ${name}`);
}

// The job is stopped; one that still executes can be gone on from as well, where there are cores for both.
const step = Number((await platform.jobs.tail(job.id, '1', 'state.chk')).at(-1) ?? 0);
await platform.jobs.stop(job.id);
await platform.jobs.wait(job.id);

// A new job goes on from the snapshot, with another last step.
const next = await platform.jobs.restart(job.id, {
  from: 'snapshot',
  name: 'Tutorial: the rest of it',
  change: { jobanalyses: [tile(step + 5)] },
  submit: true,
});
console.log(`Job ${next.id} goes on from a ${next.restartedFrom?.from} of job ${next.restartedFrom?.jobId}`);
console.log(`Outcome of ${next.id}: ${(await platform.jobs.wait(next.id)).outcome}`);
const [state] = await platform.jobs.files(next.id, { search: 'state.chk' }).all();
if (state !== undefined) {
  const steps = (await platform.files.text(state.id)).trim().split('\n').map(Number);
  console.log(`Its steps have no gap: ${steps.every((each, index) => each === index + 1)}`);
}

// What a job that has ended has put out is there to go on from, too: all of it, or the checkpoints alone.
const again = await platform.jobs.restart(job.id, { from: 'checkpoint' });
console.log(`Job ${again.id} would go on from the ${again.restartedFrom?.from} files of job ${job.id}`);

// What takes long at the platform is a task: begun, looked at now and then, and there when one comes back, also after a
// restart of the platform. This one writes all outputs into one file, which can be downloaded in parts and is verified.
const begun = await platform.tasks.archive(next.id, { format: 'tar' });
console.log(`Task ${begun.id}: ${begun.kind} of ${begun.subject.type} ${begun.subject.id}`);
const task = await platform.tasks.wait(begun.id);
const { done, of, unit } = task.progress;
console.log(`The task is ${task.status}: ${done} of ${of} ${unit}`);
const [archive] = task.result as [{ fileId: string; name: string; fileCount: number }];
console.log(`Its file is ${archive.name}, with ${archive.fileCount} files`);

// What is not done yet would be cancelled by this, and make nothing; one that has ended is forgotten, and its file stays.
await platform.tasks.cancel(task.id);
console.log(`The file is still ${(await platform.files.get(archive.fileId)).name}`);
await platform.files.delete(archive.fileId);

for (const id of [again.id, next.id, job.id]) {
  await platform.jobs.delete(id);
}
console.log(`Deleted jobs ${again.id}, ${next.id} and ${job.id}`);
