import { argument, defineCommand, flag, integer } from '../../command.ts';
import { usageError } from '../../errors.ts';
import { followLog, printLog } from '../../follow/follow-log.ts';
import { formatBytes } from '../../output/human.ts';

/** A log as one JSON value is held in memory, several times over; longer ones are better written as they are. */
const JSON_BYTES = 16 * 1024 * 1024;

export default defineCommand({
  details:
    'Prints process_output.log: from the work directory while the job runs, from the outputs afterwards. --follow ' +
    'goes on until the job has ended, and passes from one to the other without losing or repeating a line.',
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
    const write = (bytes: Uint8Array) => {
      if (!io.json) return void io.writeBytes(bytes);
      keptBytes += bytes.length;
      if (keptBytes > JSON_BYTES) throw tooLarge();
      kept.push(bytes);
    };
    const found = follow ? await followLog(of, clock, { tail, write }) : await printLog(of, { tail, write });
    if (!found) {
      // Tells a job that does not exist from one that has not written yet.
      await sdk.jobs.get(job, { signal });
      io.note(`Run ${of.runId} of job ${job} has written nothing yet. --follow waits for it.`);
    }
    if (!io.json) return undefined;
    const text = new TextDecoder().decode(Buffer.concat(kept));
    return { job, run: of.runId, lines: text.split('\n').slice(0, text.endsWith('\n') ? -1 : undefined) };
  },
});

function tooLarge(): Error {
  return usageError(
    `The log is too large for one JSON value: it has more than ${formatBytes(JSON_BYTES)}.`,
    'Take its end with --tail, or leave out --json: its bytes come as they are.',
  );
}
