import { argument, defineCommand } from '../../command.ts';
import { printFields } from '../../output/table.ts';
import { describeCores, describeJobs } from './list.ts';

export default defineCommand({
  details: 'With --json: {"cluster":…,"statuses":[…]}, as the API sends them, statuses newest first.',
  arguments: { cluster: argument('<cluster>', 'id of the cluster') },
  examples: [
    { command: 'quarry clusters show abcDEF', says: 'Where it is, what it has, what happened to it' },
  ],
  async run({ cluster: clusterId }, { sdk, signal }) {
    const [cluster, statuses] = await Promise.all([
      sdk.clusters.get(clusterId, { signal }),
      sdk.clusters.statuses(clusterId, { signal }).all(),
    ]);
    return { cluster, statuses };
  },
  present({ cluster, statuses }, io) {
    printFields(io, [
      ['Cluster', cluster.id],
      ['Job', describeJobs(cluster)],
      ['Status', cluster.status],
      ['Why', cluster.statusReason ?? cluster.waiting?.message],
      ['Cores', describeCores(cluster)],
      ['Host', cluster.hostname],
      ['Scheduler', cluster.scheduler],
      ['Idle', cluster.idleMinutes ? `ends after ${cluster.idleMinutes} min without a job` : null],
      ['Cost', cluster.cost ? `${cluster.cost.amount} ${cluster.cost.currency}` : null],
      ['Owner', cluster.owner],
      ['Started', cluster.dateStarted],
      ['Stopped', cluster.dateStopped],
    ]);
    io.print(`\n${io.style('dim', 'History')}`);
    for (const { status, statusDate, statusReason } of statuses.toReversed()) {
      io.print(
        `  ${statusDate.slice(0, 19).replace('T', ' ')}  ${status}${statusReason ? `: ${statusReason}` : ''}`,
      );
    }
  },
});
