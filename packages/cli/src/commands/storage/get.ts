import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { safePath } from '@quarry/sdk/node';
import { argumentsList, defineCommand, flag, text } from '../../command.ts';
import { refuseFile, usageError } from '../../errors.ts';
import { formatBytes } from '../../output/human.ts';
import { fetchEntry } from './fetch-entry.ts';
import { readEntry } from './place.ts';

export default defineCommand({
  details:
    'A file gets its name when it is whole. It is fetched as it is now, in parts of 64 MiB whose bytes are compared with what the ' +
    'platform says of them (SHA-512); that a job has changed it meanwhile is said.',
  arguments: { places: argumentsList('<place...>', 'DEVICE:PATH of files') },
  options: {
    output: text('--output <folder>', 'where to; the current folder unless told otherwise'),
    force: flag('--force', 'replaces files that are there already'),
  },
  examples: [
    { command: 'quarry storage get abcDEF:case/log --output results', says: 'One file into a folder' },
  ],
  async run({ places, output = '.', force }, context) {
    await refuseFile(output, '--output');
    const wanted = places.map((place) => {
      const { device, path } = readEntry(place);
      return { device, path, target: join(output, basename(safePath(path))) };
    });
    for (const [index, { target, path }] of wanted.entries()) {
      if (wanted.findIndex((other) => other.target === target) !== index) {
        throw usageError(`Two of these would become ${target}.`, 'Fetch them into different folders.');
      }
      if (!force && existsSync(target)) {
        throw usageError(
          `${target} is there already; ${path} was not fetched.`,
          'Give --force to replace it.',
        );
      }
    }
    await mkdir(output, { recursive: true });
    const items: { path: string; sizeBytes: number }[] = [];
    for (const { device, path, target } of wanted) {
      const partial = `${target}.partial`;
      try {
        const sizeBytes = await fetchEntry(partial, { device, path }, context);
        await rename(partial, target);
        items.push({ path: target, sizeBytes });
      } catch (error) {
        await rm(partial, { force: true });
        throw error;
      }
    }
    return { items };
  },
  present({ items }, io) {
    for (const { path, sizeBytes } of items) {
      io.print(`${path} (${formatBytes(sizeBytes)})`);
    }
  },
});
