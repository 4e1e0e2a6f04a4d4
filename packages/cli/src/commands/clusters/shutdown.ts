import { argument, defineCommand } from '../../command.ts';

export default defineCommand({
  details:
    'Jobs on it end at once, and nothing is kept of those that execute but their logs: stop them first (`quarry jobs ' +
    'stop`) to keep what they have written. It is not there again; create another one.',
  arguments: { cluster: argument('<cluster>', 'id of the cluster') },
  examples: [{ command: 'quarry clusters shutdown abcDEF', says: 'Give its cores back' }],
  async run({ cluster: id }, { sdk, signal }) {
    await sdk.clusters.shutdown(id, { signal });
    return sdk.clusters.get(id, { signal });
  },
  present({ id, status, jobIds }, io) {
    const jobs = jobIds && jobIds.length > 0 ? ` Jobs that end with it: ${jobIds.join(', ')}.` : '';
    io.print(`Cluster ${id} is shut down: ${status}.${jobs}`);
  },
});
