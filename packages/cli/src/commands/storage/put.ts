import { createHash } from 'node:crypto';
import { createReadStream, openAsBlob } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { argument, argumentsList, defineCommand } from '../../command.ts';
import { usageError } from '../../errors.ts';
import { formatBytes } from '../../output/human.ts';
import { readPlace } from './place.ts';

export default defineCommand({
  details:
    'Each file is seen under its name when it is whole, in place of one of that name; directories are made. Jobs that have ' +
    'the device see it at once. What arrives otherwise than it was read here (SHA-512) is refused, and nothing is put there.',
  arguments: {
    place: argument('<place>', 'DEVICE, or DEVICE:PATH for a directory on it'),
    files: argumentsList('<file...>', 'files on this machine'),
  },
  examples: [
    { command: 'quarry storage put abcDEF:meshes wing.msh tail.msh', says: 'Two files into a directory' },
  ],
  async run({ place, files }, { sdk, io, signal }) {
    const { device, path } = readPlace(place);
    for (const file of files) {
      if (!(await stat(file)).isFile()) {
        throw usageError(
          `${file} is not a file.`,
          'Pack folders into an archive, or put their files one by one.',
        );
      }
    }
    const items: { path: string; sizeBytes: number }[] = [];
    for (const file of files) {
      const target = [path, basename(file)].filter(Boolean).join('/');
      const sha512 = await sha512Of(file, signal);
      items.push(await sdk.storageDevices.upload(device, target, await openAsBlob(file), { signal, sha512 }));
      io.note(`${file} is at ${device}:${target}.`);
    }
    return { device, items };
  },
  present({ device, items }, io) {
    const bytes = items.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    io.print(
      `${items.length} ${items.length === 1 ? 'file' : 'files'} (${formatBytes(bytes)}) put onto ${device}.`,
    );
  },
});

async function sha512Of(path: string, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha512');
  for await (const chunk of createReadStream(path, { signal })) {
    hash.update(chunk);
  }
  return hash.digest('hex');
}
