import { argument, argumentsList, defineCommand } from '../../command.ts';
import { formatBytes } from '../../output/human.ts';
import { readPlace } from './place.ts';

export default defineCommand({
  details:
    'Copies files that the platform keeps, such as uploads and outputs of jobs, without sending them to you and back.',
  arguments: {
    place: argument('<place>', 'DEVICE, or DEVICE:PATH for a directory on it'),
    files: argumentsList('<file...>', 'ids of files'),
  },
  examples: [
    { command: 'quarry storage cp abcDEF:restart ghiJKL', says: 'An output of a job into a directory' },
  ],
  async run({ place, files }, { sdk, signal }) {
    const { device, path } = readPlace(place);
    const items = await sdk.storageDevices.copyFiles(device, files, { outputDir: path, signal });
    return { device, items };
  },
  present({ device, items }, io) {
    for (const { id, path, sizeBytes } of items) {
      io.print(`${id} is at ${device}:${path} (${formatBytes(sizeBytes)}).`);
    }
  },
});
