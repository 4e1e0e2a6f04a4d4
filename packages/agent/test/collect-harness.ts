/** A run's directory as a command has left it, and its outputs collected in the process of the test. */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removeTree } from '../src/files/remove-tree.ts';
import { type Collected, type CollectOptions, collectOutputs } from '../src/outputs/collect.ts';
import { Hasher } from '../src/outputs/hasher.ts';
import { Snapshot } from '../src/outputs/snapshot.ts';

const UNLIMITED = {
  files: 100_000,
  fileBytes: 2 ** 41,
  bytes: Number.POSITIVE_INFINITY,
  pathBytes: 2 ** 16,
  pathBytesPerRun: 2 ** 25,
  entries: 1_000_000,
};

export interface RunDirectory extends AsyncDisposable {
  /** A directory of the test's own, in which the run has its own. */
  base: string;
  directory: string;
  work: string;
  collect(
    options?: Partial<Omit<CollectOptions, 'limits'>> & { limits?: Partial<CollectOptions['limits']> },
  ): Promise<Collected>;
}

export async function makeRun(within = tmpdir()): Promise<RunDirectory> {
  const base = await mkdtempDisposable(join(within, 'quarry-collect-'));
  const directory = join(base.path, 'run');
  const work = join(directory, 'home/work');
  mkdirSync(work, { recursive: true });
  writeFileSync(join(directory, 'process_output.log'), 'log\n');
  return {
    ...{ base: base.path, directory, work },
    async collect(options = {}) {
      const hasher = options.hasher ?? new Hasher();
      try {
        return await collectOutputs({
          ...{ directory, copiesName: 'copies', snapshot: new Snapshot(() => undefined) },
          ...options,
          ...{ hasher, limits: { ...UNLIMITED, ...options.limits } },
        });
      } finally {
        await hasher.close();
      }
    },
    async [Symbol.asyncDispose]() {
      await removeTree(directory);
      await base[Symbol.asyncDispose]();
    },
  };
}

/** The outputs but for the log. */
export function namesOf({ outputs }: Collected): string[] {
  return outputs.map(({ relativePath }) => relativePath).filter((name) => name !== 'process_output.log');
}

/** What was not kept, with why. */
export function reasonsOf({ skipped }: Collected): Record<string, string> {
  return Object.fromEntries(skipped.map(({ relativePath, reason }) => [relativePath, reason]));
}

export function sha512Of(bytes: string | Buffer): string {
  return createHash('sha512').update(bytes).digest('hex');
}

/** Whether every output holds the bytes that it is said to hold. */
export function areAsHashed({ outputs }: Collected): boolean {
  return outputs.every(({ path, sha512 }) => sha512Of(readFileSync(path)) === sha512);
}

export function openFiles(): number {
  return readdirSync('/proc/self/fd').length;
}
