import { argument, choice, defineCommand, flag, text, texts } from '../../command.ts';
import { EXIT } from '../../exit-codes.ts';
import { watchJob } from '../../follow/follow-job.ts';
import { type EndedJob, exitCodeOf, printEndedJob, toEndedJob } from '../../follow/outcome.ts';
import { changeOf } from '../../submission/change.ts';

const SOURCES = ['snapshot', 'checkpoint', 'outputs'] as const;

interface Restarted {
  id: string;
  name: string;
  restartedFrom: object | null;
  submitted: boolean;
  ended?: EndedJob;
}

export default defineCommand({
  details:
    'The new job has the definition and the inputs of the other one, and begins in a work directory with its files: what ' +
    'a job that has ended has put out, or what a snapshot has of one that executes. --set changes the definition: command, ' +
    'walltime (hours), cores and coreType of all its tiles, env.NAME of their environment.',
  arguments: { job: argument('<job>', 'id of the job to go on from') },
  options: {
    from: choice('--from <source>', 'what to go on from', SOURCES),
    snapshot: text('--snapshot <id>', 'id of a snapshot, or of its file, instead of the latest one'),
    name: text('--name <text>', 'name of the new job'),
    set: texts('--set <key=value>', 'another value in the definition; as often as needed'),
    submit: flag('--submit', 'submit the new job as well'),
    wait: flag(
      '--wait, --watch',
      'submit it and follow it until it has ended; the exit code says how it ended',
    ),
  },
  examples: [
    {
      command: 'quarry jobs restart abcDEF --set walltime=48 --submit',
      says: 'Go on where a job ran out of time',
    },
    {
      command: 'quarry jobs restart abcDEF --from snapshot --wait',
      says: 'From its latest snapshot, to the end',
    },
  ],
  async run({ job, from, snapshot, name, set, submit, wait }, context): Promise<Restarted> {
    const { sdk, signal } = context;
    const change = set.length === 0 ? undefined : changeOf(await sdk.jobs.get(job, { signal }), set);
    const restarted = await sdk.jobs.restart(job, {
      signal,
      submit: submit || wait,
      ...(from !== undefined && { from }),
      ...(snapshot !== undefined && { snapshotId: snapshot }),
      ...(name !== undefined && { name }),
      ...(change !== undefined && { change }),
    });
    const made: Restarted = {
      id: restarted.id,
      name: restarted.name,
      restartedFrom: restarted.restartedFrom ?? null,
      submitted: submit || wait,
    };
    return wait ? { ...made, ended: toEndedJob(await watchJob(made.id, context)) } : made;
  },
  present({ id, name, submitted, ended }, io, { job }) {
    if (ended) {
      printEndedJob(ended, io);
      return;
    }
    io.print(`Job ${id} (${name}) goes on from job ${job}${submitted ? ', and is submitted' : ''}.`);
    if (!submitted) {
      io.note(`Submit it with: quarry jobs submit --saved ${id}`);
    }
  },
  exitCode: ({ ended }) => (ended ? exitCodeOf(ended.outcome) : EXIT.ok),
});
