import { realpath } from 'node:fs/promises';
import { normalize } from 'node:path/posix';
import type { AgentEvent, Failure, RunOutput } from '@quarry/contract';
import type { Deliveries } from '../../deliveries/deliveries.ts';
import type { Logger } from '../../logger.ts';
import { type HeldBlob, type Storage, StorageClosingError, StorageFullError } from '../../storage/storage.ts';

export type RunFinished = Extract<AgentEvent, { type: 'run_finished' }>;

/** Outputs of a run that are durable in the store but not listed yet. */
export interface KeptOutputs {
  outputs: RunOutput[];
  lost: Array<{ relativePath: string; reason: string }>;
}

/** Of finished runs, by the number of the event. What they name stays in the store at least until it is released. */
export interface Kept {
  byEvent: Map<number, KeptOutputs>;
  release(): void;
}

/** Takes the files of finished runs into the store, all at once so that they share the waits for the disk. */
export interface Collector {
  /**
   * `directoryOf` a run, or of its cluster, where no job can change a name: nothing outside it is an output, whatever an
   * event says.
   */
  keep(events: readonly RunFinished[], directoryOf: (event: RunFinished) => string): Promise<Kept>;
  /** The same for a cluster that has brought its outputs before its events: nothing else is an output. */
  keepDelivered(events: readonly RunFinished[], clusterId: string): Promise<Kept>;
}

/** An output with where it is below the real path of a directory. */
interface Found {
  output: RunOutput;
  directory: string;
  path: string;
  kept: KeptOutputs;
}

const NOT_DELIVERED = 'Its agent has not brought it.';
const OUTSIDE = "It is not a file inside the cluster's directory, or that of the run.";

export function createCollector(options: {
  storage: Storage;
  deliveries: Pick<Deliveries, 'hold'>;
  logger: Logger;
}): Collector {
  const { storage, deliveries, logger } = options;

  function lose({ path, relativePath }: RunOutput, error: unknown, { lost }: KeptOutputs): void {
    logger.error({ err: error, path }, 'an output could not be stored');
    const full = error instanceof StorageFullError;
    lost.push({
      relativePath,
      reason: full ? 'There was no space left to store it.' : (error as Error).message,
    });
  }

  return {
    async keep(events, directoryOf) {
      const byEvent = new Map<number, KeptOutputs>();
      const found: Found[] = [];
      const realOf = realPaths();
      for (const event of events) {
        const kept: KeptOutputs = { outputs: [], lost: [] };
        byEvent.set(event.seq, kept);
        const given = directoryOf(event);
        const directory = await realOf(given);
        for (const output of event.outputs) {
          const path = pathBelow(directory, output) ?? pathBelow(given, output);
          if (path !== null) {
            found.push({ output, directory, path, kept });
          } else {
            lose(output, new Error(OUTSIDE), kept);
          }
        }
      }
      const adopted = await adoptEach(storage, found);
      refuseWhileClosing(adopted);
      const held: HeldBlob[] = [];
      for (const [index, { output, kept }] of found.entries()) {
        const result = adopted[index]!;
        if (result.status === 'rejected') {
          lose(output, result.reason, kept);
        } else {
          held.push(result.value);
          kept.outputs.push(output);
        }
      }
      return { byEvent, release: () => releaseAll(held) };
    },

    async keepDelivered(events, clusterId) {
      const byEvent = new Map<number, KeptOutputs>();
      const held: HeldBlob[] = [];
      for (const { seq, outputs } of events) {
        const kept: KeptOutputs = { outputs: [], lost: [] };
        byEvent.set(seq, kept);
        for (const [index, blob] of (await deliveries.hold(clusterId, outputs)).entries()) {
          const output = outputs[index]!;
          if (blob === null || !isPlain(output)) {
            blob?.release();
            lose(output, new Error(blob === null ? NOT_DELIVERED : OUTSIDE), kept);
          } else {
            held.push(blob);
            kept.outputs.push(output);
          }
        }
      }
      return { byEvent, release: () => releaseAll(held) };
    },
  };
}

function releaseAll(held: readonly HeldBlob[]): void {
  for (const blob of held) {
    blob.release();
  }
}

/**
 * Takes each file over once, however many outputs it is: links to a file are outputs with its path. Further ones have the bytes
 * that are in the store then.
 */
async function adoptEach(
  storage: Storage,
  found: readonly Found[],
): Promise<PromiseSettledResult<HeldBlob>[]> {
  const places = found.map(({ directory, path }) => `${directory}/${path}`);
  const first = new Map<string, number>();
  for (const [index, place] of places.entries()) {
    first.set(place, first.get(place) ?? index);
  }
  const files = [...first.values()].map((index) => {
    const { output, directory, path } = found[index]!;
    const { sha512, sizeBytes, stamp } = output;
    return { directory, path, sha512, sizeBytes, stamp };
  });
  const adopted = new Map<string, PromiseSettledResult<HeldBlob>>();
  for (const [index, result] of (await storage.adopt(files)).entries()) {
    adopted.set(`${files[index]!.directory}/${files[index]!.path}`, result);
  }
  const results: PromiseSettledResult<HeldBlob>[] = [];
  for (const [index, place] of places.entries()) {
    const result = adopted.get(place)!;
    const isFurther = first.get(place) !== index && result.status === 'fulfilled';
    results.push(isFurther ? await holdAgain(storage, found[index]!.output) : result);
  }
  return results;
}

async function holdAgain(storage: Storage, output: RunOutput): Promise<PromiseSettledResult<HeldBlob>> {
  try {
    const value = await storage.hold({ sha512: output.sha512, sizeBytes: output.sizeBytes });
    return value === null
      ? { status: 'rejected', reason: new Error('The file has changed since it was hashed.') }
      : { status: 'fulfilled', value };
  } catch (reason) {
    return { status: 'rejected', reason };
  }
}

/** What a store that is being closed has not taken over is not lost: its agent tells the next server of it. */
function refuseWhileClosing(adopted: readonly PromiseSettledResult<HeldBlob>[]): void {
  const left = adopted.find(
    (result) => result.status === 'rejected' && result.reason instanceof StorageClosingError,
  );
  if (left?.status !== 'rejected') {
    return;
  }
  for (const result of adopted) {
    if (result.status === 'fulfilled') {
      result.value.release();
    }
  }
  throw left.reason;
}

/** Agents name files by their real paths, and the data directory may have been named through a link. */
function realPaths(): (directory: string) => Promise<string> {
  const known = new Map<string, Promise<string>>();
  return (directory) => {
    const real = known.get(directory) ?? realpath(directory).catch(() => directory);
    known.set(directory, real);
    return real;
  };
}

/** Where an output is below a directory; null when it is not there, or has a name that none can have. */
function pathBelow(directory: string, output: RunOutput): string | null {
  const { path } = output;
  const isBelow = isPlain(output) && normalize(path) === path && path.startsWith(`${directory}/`);
  return isBelow ? path.slice(directory.length + 1) : null;
}

/** Whether an output is called as one can be that lies below a directory. */
function isPlain({ relativePath }: RunOutput): boolean {
  return !relativePath.includes('\0') && !/(^|\/)(\.{0,2})(\/|$)/.test(relativePath);
}

/** Why a run whose outputs are lost has not succeeded. */
export function outputLost(lost: KeptOutputs['lost']): Failure {
  const first = lost[0]!;
  const others = lost.length > 1 ? ` and ${lost.length - 1} more` : '';
  return {
    code: 'output_lost',
    message: `The output ${first.relativePath}${others} could not be stored: ${first.reason}`,
    hint: "The files are kept in the cluster's directory; whoever runs the platform can save them from there.",
  };
}
