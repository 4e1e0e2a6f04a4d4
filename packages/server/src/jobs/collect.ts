import { normalize } from 'node:path/posix';
import type { AgentEvent, Failure, RunOutput } from '@quarry/contract';
import type { Logger } from '../logger.ts';
import { type HeldBlob, type Storage, StorageFullError } from '../storage/storage.ts';

export type RunFinished = Extract<AgentEvent, { type: 'run_finished' }>;

const TAKEN_OVER_AT_ONCE = 8;

/** Outputs of a run that are durable in the store but not listed yet. */
export interface KeptOutputs {
  outputs: RunOutput[];
  lost: Array<{ relativePath: string; reason: string }>;
  release(): void;
}

/** Takes the files of finished runs into the store. */
export interface Collector {
  /** `directory` is the cluster's: nothing outside it is an output, whatever an event says. */
  keep(event: RunFinished, directory: string): Promise<KeptOutputs>;
}
export function createCollector(options: { storage: Storage; logger: Logger }): Collector {
  const { storage, logger } = options;
  return {
    async keep(event, directory) {
      const held: HeldBlob[] = [];
      const lost: KeptOutputs['lost'] = [];
      const keepOne = async (output: RunOutput): Promise<RunOutput | null> => {
        try {
          requireInside(output, directory);
          held.push(await storage.adopt(output.path, { sha512: output.sha512, sizeBytes: output.sizeBytes }));
          return output;
        } catch (error) {
          logger.error({ err: error, path: output.path }, 'an output could not be stored');
          const full = error instanceof StorageFullError;
          lost.push({
            relativePath: output.relativePath,
            reason: full ? 'There was no space left to store it.' : (error as Error).message,
          });
          return null;
        }
      };
      // In the order the agent gave, whichever is stored first: the log comes last.
      const kept: Array<RunOutput | null> = [];
      for (let start = 0; start < event.outputs.length; start += TAKEN_OVER_AT_ONCE) {
        kept.push(
          ...(await Promise.all(event.outputs.slice(start, start + TAKEN_OVER_AT_ONCE).map(keepOne))),
        );
      }
      return {
        outputs: kept.filter((output) => output !== null),
        lost,
        release() {
          for (const blob of held) blob.release();
        },
      };
    },
  };
}

function requireInside({ path, relativePath }: RunOutput, directory: string): void {
  const isPlain = !relativePath.includes('\0') && !/(^|\/)(\.{0,2})(\/|$)/.test(relativePath);
  if (isPlain && normalize(path) === path && path.startsWith(`${directory}/`)) return;
  throw new Error("It is not a file inside the cluster's directory.");
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
