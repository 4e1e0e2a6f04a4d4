import { argument, defineCommand, flag, integer } from '../../command.ts';
import { followLog, printLog } from '../../follow/follow-log.ts';

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
    const write = (bytes: Uint8Array) => {
      if (io.json) kept.push(bytes);
      else io.writeBytes(bytes);
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
