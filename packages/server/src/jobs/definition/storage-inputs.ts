import { fileNameProblem, type ParsedJobDefinition, type ParsedStorageInput } from '@quarry/contract';
import { pathProblem } from './template-path.ts';

type Devices = ParsedJobDefinition['storageDevices'];

/** What is wrong with a file on a storage device that is to be an input. */
export function storageInputProblems({ sourcePath, name, outputPath }: ParsedStorageInput): {
  [field: string]: string[];
} {
  const problems: { [field: string]: string[] } = {};
  if (partsOf(sourcePath).length === 0 || sourcePath.split('/').includes('..')) {
    problems.sourcePath = [`"${sourcePath}" is no path of a file on the device: it may not leave it.`];
  }
  const nameWrong = fileNameProblem(name ?? partsOf(sourcePath).at(-1) ?? '');
  if (nameWrong !== null) {
    problems.name = [nameWrong];
  }
  const tidied = outputPath.startsWith('/') ? outputPath : partsOf(outputPath).join('/');
  const path = tidied === '' ? null : pathProblem(tidied);
  if (path) {
    problems.outputPath = [path];
  }
  return problems;
}

/** Each device once, with all that is copied from it, and each of these with its name. */
export function settleDevices(devices: Devices, warn: (text: string) => void): Devices {
  const settled = new Map<string, Devices[number]>();
  for (const { id, inputFiles } of devices) {
    const before = settled.get(id)?.inputFiles ?? [];
    const targets = new Map(before.map((file) => [`${file.outputPath}/${file.name}`, file]));
    for (const file of inputFiles) {
      const complete = {
        sourcePath: file.sourcePath,
        name: file.name ?? partsOf(file.sourcePath).at(-1)!,
        decompress: file.decompress,
        outputPath: partsOf(file.outputPath).join('/'),
      };
      targets.set(`${complete.outputPath}/${complete.name}`, complete);
      if (complete.decompress && complete.outputPath !== '' && isArchive(complete.name)) {
        warn(
          `${complete.name} is not unpacked, since it has an output path: unpack it in the command, or leave outputPath out.`,
        );
      }
    }
    settled.set(id, { id, inputFiles: [...targets.values()] });
  }
  return [...settled.values()];
}

function partsOf(path: string): string[] {
  return path.split('/').filter((part) => part !== '' && part !== '.');
}

function isArchive(name: string): boolean {
  return /\.(zip|tar|tgz|gz|tbz2?|bz2|txz|xz)$/i.test(name);
}
