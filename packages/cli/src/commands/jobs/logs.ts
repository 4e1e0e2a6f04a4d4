import { argument, defineCommand, flag, integer } from '../../command.ts';
import { usageError } from '../../errors.ts';
import { followLog, printLog } from '../../follow/follow-log.ts';
import { splitLines } from '../../follow/line-ends.ts';
import { type LogOf, TAIL_BYTES } from '../../follow/log.ts';
import type { Io } from '../../io.ts';
import { formatBytes } from '../../output/human.ts';
import { writeStream } from '../../output/write-stream.ts';

/** A log as one JSON value is held in memory, several times over; longer ones are better written as they are. */
const JSON_BYTES = 16 * 1024 * 1024;

export default defineCommand({
  details:
    'Prints process_output.log: from the work directory while the job runs, from the outputs afterwards. --follow ' +
    'goes on until the job has ended, and passes from one to the other without losing or repeating a line. Bytes reach a ' +
    'file or a pipe as they are, and a terminal without what it would act upon, but for colours. For --tail a carriage ' +
    'return ends a line as well, as programs write it that show their progress.',
  arguments: { job: argument('<job>', 'id of the job') },
  options: {
    follow: flag('-f, --follow', 'go on while the job runs'),
    run: integer('--run <n>', 'which run of the job; 1 unless told otherwise'),
    tail: integer('--tail <lines>', 'only that many lines from the end'),
  },
  examples: [
    { command: 'quarry jobs logs abcDEF', says: 'What there is now' },
    { command: 'quarry jobs logs -f --tail 20 abcDEF', says: 'The last lines, and those to come' },
  ],
  async run({ job, follow, run, tail }, { sdk, io, clock, signal }) {
    const of = { sdk, jobId: job, runId: String(run ?? 1), signal };
    const kept: Uint8Array[] = [];
    let keptBytes = 0;
    const write = async (bytes: Uint8Array) => {
      if (!io.json) {
        return writeStream([bytes], io, signal);
      }
      keptBytes += bytes.length;
      if (keptBytes > JSON_BYTES) {
        throw tooLarge();
      }
      kept.push(bytes);
    };
    const onCut = () =>
      io.warn(
        `The last ${tail} lines are longer than ${formatBytes(TAIL_BYTES)}: what is shown begins in the middle.`,
      );
    const wish = { tail, write, onCut };
    const found = follow ? await followLog(of, clock, wish) : await printLog(of, wish);
    if (found && !follow) {
      await noteUnfinished(of, io);
    }
    if (!found) {
      // Tells a job that does not exist from one that has not written yet.
      await sdk.jobs.get(job, { signal });
      io.note(`Run ${of.runId} of job ${job} has written nothing yet. --follow waits for it.`);
    }
    if (!io.json) {
      return undefined;
    }
    return { job, run: of.runId, lines: splitLines(new TextDecoder().decode(Buffer.concat(kept))) };
  },
});

/** A log that ends in the middle of things looks like one of a run that goes on. */
async function noteUnfinished({ sdk, jobId, runId, signal }: LogOf, io: Io): Promise<void> {
  // The log is there: what cannot be learned of the run does not matter.
  const run = await sdk.jobs.getRun(jobId, runId, { signal }).catch(() => null);
  if (!run?.isUnfinished || run.dateCompleted === null) {
    return;
  }
  const resume = run.keptDirectory ? ` Go on with it: quarry runs resume ${jobId}` : '';
  io.note(`Run ${runId} was cut off by the end of its agent: its log ends there.${resume}`);
}

function tooLarge(): Error {
  return usageError(
    `The log is too large for one JSON value: it has more than ${formatBytes(JSON_BYTES)}.`,
    'Take its end with --tail, or leave out --json: its bytes come as they are.',
  );
}
