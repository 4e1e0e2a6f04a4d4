import type { Task } from '@quarry/sdk';
import { argument, argumentsList, defineCommand, flag } from '../../command.ts';
import { formatBytes } from '../../output/human.ts';
import { presentTask } from '../../tasks/show-task.ts';
import { readPlace } from './place.ts';

interface Copied {
  device: string;
  items: { id: string; path: string; sizeBytes: number }[];
}

export default defineCommand({
  details:
    'Copies files that the platform keeps, such as uploads and outputs of jobs, without sending them to you and back. With ' +
    '--no-wait that is a task of the platform, which goes on by itself: see `quarry tasks`.',
  arguments: {
    place: argument('<place>', 'DEVICE, or DEVICE:PATH for a directory on it'),
    files: argumentsList('<file...>', 'ids of files'),
  },
  options: { wait: flag('--no-wait', 'begin it, and do not wait until it is done') },
  examples: [
    { command: 'quarry storage cp abcDEF:restart ghiJKL', says: 'An output of a job into a directory' },
    { command: 'quarry storage cp abcDEF ghiJKL --no-wait', says: 'A large one, meanwhile' },
  ],
  async run({ place, files, wait }, { sdk, signal }): Promise<Copied | Task> {
    const { device, path } = readPlace(place);
    if (!wait) {
      return sdk.tasks.copy(device, files, { outputDir: path, signal });
    }
    const items = await sdk.storageDevices.copyFiles(device, files, { outputDir: path, signal });
    return { device, items };
  },
  present(copied, io) {
    if ('kind' in copied) {
      presentTask(copied, io);
      return;
    }
    for (const { id, path, sizeBytes } of copied.items) {
      io.print(`${id} is at ${copied.device}:${path} (${formatBytes(sizeBytes)}).`);
    }
  },
});
