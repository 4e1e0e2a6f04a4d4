import { argument, defineCommand, flag, integer, number, text } from '../../command.ts';
import { usageError } from '../../errors.ts';

export default defineCommand({
  details:
    'It is started as well, so that jobs can have it: `quarry jobs submit --storage ID`. With --project the jobs of all ' +
    'members of the project can.',
  arguments: { name: argument('<name>', 'name of the storage device') },
  options: {
    size: number('--size <gb>', 'what it may hold, in GB of 1024 MB'),
    project: text('--project <project>', 'id of a project whose members use it, too'),
    firstAlert: integer('--first-alert <percent>', 'say so when it is filled so far'),
    secondAlert: integer('--second-alert <percent>', 'say so once more'),
    autoextend: flag('--autoextend', 'let it grow by itself when it is full'),
  },
  examples: [{ command: 'quarry storage create "Meshes" --size 50', says: 'A place for 50 GB' }],
  async run({ name, size, project, firstAlert, secondAlert, autoextend }, { sdk, signal }) {
    if (size === undefined) {
      throw usageError('Say what it may hold, in GB: --size.');
    }
    const device = await sdk.storageDevices.create(
      {
        name,
        storageSize: size,
        ...(project !== undefined && { projectId: project }),
        ...(firstAlert !== undefined && { firstAlert }),
        ...(secondAlert !== undefined && { secondAlert }),
        ...(autoextend && { autoextend }),
      },
      { signal },
    );
    await sdk.storageDevices.submit(device.id, { signal });
    return sdk.storageDevices.get(device.id, { signal });
  },
  present({ id, name, status }, io) {
    io.print(`Storage device ${id} (${name}) is created: ${status}. Jobs have it as $HOME/storage_${id}.`);
  },
});
