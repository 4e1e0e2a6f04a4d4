import { basename, normalize } from 'node:path/posix';
import type { AgentEvent, Failure, RunOutcome, RunOutput } from '@quarry/contract';
import type { Clock } from '../clock.ts';
import type { Queries } from '../db/database.ts';
import { insertFiles } from '../db/queries/files-insert.ts';
import type { Logger } from '../logger.ts';
import { type HeldBlob, type Storage, StorageFullError } from '../storage/storage.ts';

type RunFinished = Extract<AgentEvent, { type: 'run_finished' }>;

const OUTPUT_FILE = 5;
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

/** The number that an id of a run stands for; 0, which no run has, for what is no such id. */
export function runNumber(runId: string): number {
  return /^[1-9]\d{0,8}$/.test(runId) ? Number(runId) : 0;
}

/**
 * Lists a run's outputs and closes the run, inside the transaction that ends it: whoever sees the end sees the
 * files. Null when the run had ended before.
 */
export async function recordOutputs(
  queries: Queries,
  clock: Clock,
  run: { jobId: string; ownerId: string; event: RunFinished; kept: KeptOutputs },
): Promise<{ outcome: RunOutcome; failure: Failure | null } | null> {
  const { jobId, ownerId, event, kept } = run;
  const number = runNumber(event.runId);
  const row = await queries
    .selectFrom('runs')
    .where('job_id', '=', jobId)
    .where('number', '=', number)
    .select('outcome')
    .executeTakeFirst();
  if (!row || row.outcome !== null) return null;

  const files = kept.outputs.map(({ relativePath, sha512, sizeBytes }) => ({
    ownerId,
    name: basename(relativePath),
    typeId: OUTPUT_FILE,
    sha512,
    sizeBytes,
    output: { jobId, runNumber: number, relativePath },
  }));
  await insertFiles(queries, files, () => clock.now());
  const bytes = kept.outputs.reduce((total, output) => total + output.sizeBytes, 0);
  const lostFailure = kept.lost.length > 0 ? outputLost(kept.lost) : null;
  const failure = event.failure ?? lostFailure;
  const outcome = event.outcome === 'success' && lostFailure ? 'failed' : event.outcome;
  await queries
    .updateTable('runs')
    .set({
      date_completed: clock.now(),
      outcome,
      exit_code: event.exitCode,
      failure: failure && JSON.stringify(failure),
      skipped: JSON.stringify([...event.skipped, ...kept.lost]),
      output_count: kept.outputs.length,
      output_bytes: bytes,
    })
    .where('job_id', '=', jobId)
    .where('number', '=', number)
    .execute();
  await queries
    .updateTable('jobs')
    .set((expression) => ({ output_bytes: expression('output_bytes', '+', bytes) }))
    .where('id', '=', jobId)
    .execute();
  return { outcome, failure };
}

function outputLost(lost: KeptOutputs['lost']): Failure {
  const first = lost[0]!;
  const others = lost.length > 1 ? ` and ${lost.length - 1} more` : '';
  return {
    code: 'output_lost',
    message: `The output ${first.relativePath}${others} could not be stored: ${first.reason}`,
    hint: "The files are kept in the cluster's directory; whoever runs the platform can save them from there.",
  };
}
