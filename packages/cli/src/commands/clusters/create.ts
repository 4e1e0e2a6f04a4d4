import { argument, defineCommand, flag, integer, number, text } from '../../command.ts';
import { usageError } from '../../errors.ts';
import { hours } from '../../hours.ts';

export default defineCommand({
  details:
    'It holds its cores from its start until it is shut down, its walltime is over, or it has been without a job for a ' +
    'while (--idle). Jobs on it do not wait for cores of the platform: `quarry jobs submit --cluster ID`, or ' +
    '`quarry clusters attach`. Its hours are paid for, those of its jobs are not.',
  arguments: { name: argument('<name>', 'name of the cluster') },
  options: {
    coreType: text('--core-type <code>', 'kind of cores (see `quarry coretypes`)'),
    cores: integer('--cores <n>', 'cores of each slot'),
    slots: integer('--slots <n>', 'slots; 1 unless told otherwise'),
    walltime: hours('--walltime <hours>', 'how long it is there at most, in hours or as 90m, 2h, 1:30'),
    idle: number('--idle <minutes>', 'end when it has been without a job for so long'),
    project: text('--project <project>', 'id of a project whose jobs may run on it, too'),
    lowPriority: flag('--low-priority', 'cheaper, and after those of normal priority'),
    start: flag('--start', 'start it as well'),
  },
  examples: [
    {
      command: 'quarry clusters create "Wings" --core-type quartz --cores 4 --slots 2 --walltime 8 --start',
      says: 'Eight cores for a working day',
    },
  ],
  async run({ name, coreType, cores, slots, walltime, idle, project, lowPriority, start }, { sdk, signal }) {
    if (coreType === undefined || cores === undefined) {
      throw usageError('Say what it is to have: --core-type and --cores.', 'See `quarry coretypes`.');
    }
    const cluster = await sdk.clusters.create(
      {
        name,
        hardware: {
          coreType,
          coresPerSlot: cores,
          ...(slots !== undefined && { slots }),
          ...(walltime !== undefined && { walltime }),
        },
        ...(idle !== undefined && { idleMinutes: idle }),
        ...(project !== undefined && { projectId: project }),
        ...(lowPriority && { runLowPriority: true }),
      },
      { signal },
    );
    if (!start) {
      return cluster;
    }
    await sdk.clusters.start(cluster.id, { signal });
    return sdk.clusters.get(cluster.id, { signal });
  },
  present({ id, name, status }, io) {
    io.print(`Cluster ${id} (${name}) is created: ${status}.`);
    io.note(
      status === 'Not Started'
        ? `Start it with: quarry clusters start ${id}`
        : `Run jobs on it with: quarry jobs submit --cluster ${id}`,
    );
  },
});
