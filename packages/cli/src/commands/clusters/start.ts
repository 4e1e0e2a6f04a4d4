import { argument, defineCommand, flag } from '../../command.ts';

/** Between two looks at a cluster that is being started. */
const LOOK_MS = 500;

export default defineCommand({
  details:
    'It waits for its cores in the line of all jobs. With --wait this ends when the cluster is there, or has ended instead.',
  arguments: { cluster: argument('<cluster>', 'id of the cluster') },
  options: { wait: flag('--wait', 'wait until it is there') },
  examples: [
    { command: 'quarry clusters start abcDEF --wait', says: 'Start it, and go on when it is there' },
  ],
  async run({ cluster: id, wait }, { sdk, signal, clock }) {
    await sdk.clusters.start(id, { signal });
    let cluster = await sdk.clusters.get(id, { signal });
    while (wait && cluster.status !== 'Started' && cluster.status !== 'Stopped') {
      await clock.sleep(LOOK_MS, signal);
      cluster = await sdk.clusters.get(id, { signal });
    }
    return cluster;
  },
  present({ id, status, statusReason, waiting }, io) {
    io.print(`Cluster ${id}: ${status}${statusReason ? ` (${statusReason})` : ''}.`);
    if (waiting) {
      io.note(waiting.message);
    }
  },
});
