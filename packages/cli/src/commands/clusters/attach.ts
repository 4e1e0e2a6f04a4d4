import { argument, argumentsList, defineCommand, flag } from '../../command.ts';

export default defineCommand({
  details:
    'Jobs that are created and not submitted. They run on the cluster one after another, or side by side within its slots. ' +
    'With --json: {"jobs":[…],"submitted":…}.',
  arguments: {
    cluster: argument('<cluster>', 'id of a persistent cluster'),
    jobs: argumentsList('<job...>', 'ids of saved jobs'),
  },
  options: { leaveSaved: flag('--leave-saved', 'leave it to `quarry jobs submit --saved` to submit them') },
  examples: [{ command: 'quarry clusters attach abcDEF ghiJKL', says: 'Run a saved job there' }],
  async run({ cluster, jobs, leaveSaved }, { sdk, signal }) {
    const submit = !leaveSaved;
    for (const job of jobs) {
      await sdk.clusters.attach(cluster, job, { submit }, { signal });
    }
    return { jobs, submitted: submit };
  },
  present({ jobs, submitted }, io, { cluster }) {
    for (const job of jobs) {
      io.print(`Job ${job} is attached to cluster ${cluster}${submitted ? ' and submitted' : ''}.`);
    }
  },
});
