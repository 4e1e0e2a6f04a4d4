import { normalize } from 'node:path/posix';
import type { AgentEvent, Failure, RunOutput } from '@quarry/contract';
import type { Logger } from '../../logger.ts';
import { type HeldBlob, type Storage, StorageFullError } from '../../storage/storage.ts';

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
  /** `directoryOf` a run, or of its cluster: nothing outside it is an output, whatever an event says. */
  keep(events: readonly RunFinished[], directoryOf: (event: RunFinished) => string): Promise<Kept>;
}

export function createCollector(options: { storage: Storage; logger: Logger }): Collector {
  const { storage, logger } = options;

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
      const found: Array<{ output: RunOutput; kept: KeptOutputs }> = [];
      for (const event of events) {
        const kept: KeptOutputs = { outputs: [], lost: [] };
        byEvent.set(event.seq, kept);
        const directory = directoryOf(event);
        for (const output of event.outputs) {
          if (isInside(output, directory)) found.push({ output, kept });
          else
            lose(
              output,
              new Error("It is not a file inside the cluster's directory, or that of the run."),
              kept,
            );
        }
      }
      const adopted = await storage.adopt(found.map(({ output }) => output));
      const held: HeldBlob[] = [];
      for (const [index, { output, kept }] of found.entries()) {
        const result = adopted[index]!;
        if (result.status === 'rejected') lose(output, result.reason, kept);
        else {
          held.push(result.value);
          kept.outputs.push(output);
        }
      }
      return {
        byEvent,
        release() {
          for (const blob of held) blob.release();
        },
      };
    },
  };
}

function isInside({ path, relativePath }: RunOutput, directory: string): boolean {
  const isPlain = !relativePath.includes('\0') && !/(^|\/)(\.{0,2})(\/|$)/.test(relativePath);
  return isPlain && normalize(path) === path && path.startsWith(`${directory}/`);
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
