/** Directories of many small files, and how the programs of others move them. */
import { execFile } from 'node:child_process';
import { createHash, randomFillSync } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** SHA-512 by name. */
export type Digests = ReadonlyMap<string, string>;

/** Fills a directory with files of random bytes, new ones each time. */
export function writeSmallFiles(directory: string, count: number, bytes: number): Digests {
  mkdirSync(directory, { recursive: true });
  const content = Buffer.alloc(bytes);
  const digests = new Map<string, string>();
  for (let index = 0; index < count; index++) {
    randomFillSync(content);
    const name = `small-${String(index).padStart(5, '0')}.dat`;
    writeFileSync(join(directory, name), content);
    digests.set(name, createHash('sha512').update(content).digest('hex'));
  }
  return digests;
}

/** Throws unless a directory holds exactly these files. */
export function checkSmallFiles(directory: string, digests: Digests): void {
  const names = readdirSync(directory);
  const wrong = names.filter((name) => {
    const content = readFileSync(join(directory, name));
    return createHash('sha512').update(content).digest('hex') !== digests.get(name);
  });
  if (wrong.length > 0 || names.length !== digests.size) {
    throw new Error(
      `${directory} has ${names.length} files of ${digests.size}, ${wrong.length} of them wrong.`,
    );
  }
}

export interface CurlDirectory {
  directory: string;
  /** The same on the server. */
  url: string;
  names: Iterable<string>;
  /** All in one curl, which keeps its connections. */
  atOnce: number;
}

export async function curlUpAll({ directory, url, names, atOnce }: CurlDirectory): Promise<void> {
  const config = [...names].map(
    (name) => `upload-file = "${join(directory, name)}"\nurl = "${url}/${name}"\n`,
  );
  await curlAll(`${directory}.curl`, config, atOnce);
}

export async function curlDownAll({ directory, url, names, atOnce }: CurlDirectory): Promise<void> {
  const config = [...names].map((name) => `output = "${join(directory, name)}"\nurl = "${url}/${name}"\n`);
  mkdirSync(directory, { recursive: true });
  await curlAll(`${directory}.curl`, config, atOnce);
}

async function curlAll(config: string, entries: readonly string[], atOnce: number): Promise<void> {
  await writeFile(config, entries.join(''));
  const parallel = atOnce > 1 ? ['--parallel', '--parallel-max', String(atOnce)] : [];
  await promisify(execFile)('curl', ['--silent', '--fail', ...parallel, '--config', config], {
    maxBuffer: 2 ** 26,
  });
}

/** One archive, made and sent at once. */
export async function tarThroughCurl(directory: string, url: string): Promise<void> {
  const pipe = 'tar --create --directory "$0" . | curl --silent --show-error --fail --upload-file - "$1"';
  await promisify(execFile)('bash', ['-o', 'pipefail', '-c', pipe, directory, url]);
}

/** Copies, and waits until the disk has it. */
export async function copyAndSync(source: string, target: string): Promise<void> {
  await promisify(execFile)('cp', ['--recursive', source, target]);
  await promisify(execFile)('sync');
}
