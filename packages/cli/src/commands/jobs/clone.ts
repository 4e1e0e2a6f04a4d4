import { argument, defineCommand, flag, type PlatformContext } from '../../command.ts';
import { EXIT } from '../../exit-codes.ts';
import { watchJob } from '../../follow/follow-job.ts';
import { type EndedJob, exitCodeOf, printEndedJob, toEndedJob } from '../../follow/outcome.ts';
import { changeJob, type EditOptions, editParameters, optionsGiven } from '../../submission/edit.ts';

interface Cloned {
  id: string;
  name: string;
  clonedFrom: string;
  submitted: boolean;
  ended?: EndedJob;
}

export default defineCommand({
  details:
    'The new job has the same software, command, hardware and inputs, but for what the options of `quarry jobs submit` say: tags, ' +
    'variables and devices are added, and a file of --input takes the place of what has its name. It is not submitted without --submit.',
  arguments: { job: argument('<job>', 'id or name of the job to copy, or last') },
  options: {
    ...editParameters,
    submit: flag('--submit', 'submit the new job as well'),
    wait: flag(
      '--wait, --watch',
      'submit it and follow it until it has ended; the exit code says how it ended',
    ),
  },
  examples: [
    { command: 'quarry jobs clone abcDEF --name "second try" --submit', says: 'Run the same thing again' },
    {
      command: 'quarry jobs clone last --walltime 2h --input mesh.inp --wait',
      says: 'With more time and another mesh',
    },
  ],
  async run({ job, submit, wait, ...given }, context): Promise<Cloned> {
    const { id, name } = await makeClone(job, given, context);
    if (submit || wait) {
      await submitClone(id, context);
    }
    const made = { id, name, clonedFrom: job, submitted: submit || wait };
    return wait ? { ...made, ended: toEndedJob(await watchJob(id, context)) } : made;
  },
  present({ id, name, clonedFrom, submitted, ended }, io) {
    if (ended) {
      printEndedJob(ended, io);
      return;
    }
    io.print(`Job ${id} (${name}) is a copy of ${clonedFrom}${submitted ? ', and is submitted' : ''}.`);
    if (!submitted) {
      io.note(`Submit it with: quarry jobs submit --saved ${id}`);
    }
  },
  exitCode: ({ ended }) => (ended ? exitCodeOf(ended.outcome) : EXIT.ok),
});

/** A copy with what is to be different; none is left behind where that is refused. */
async function makeClone(job: string, given: EditOptions, context: PlatformContext) {
  const { sdk, io, signal } = context;
  const { name } = given;
  const clone = await sdk.jobs.clone(job, { signal, ...(name !== undefined && { name }) });
  if (optionsGiven({ ...given, name: undefined }).length === 0) {
    return clone;
  }
  try {
    return await changeJob(clone, { ...given, name: undefined }, context);
  } catch (error) {
    await sdk.jobs.delete(clone.id).catch((failed: Error) => {
      io.advise(`The copy ${clone.id} is saved and could not be removed again: ${failed.message}`);
    });
    throw error;
  }
}

async function submitClone(id: string, { sdk, io, signal }: PlatformContext): Promise<void> {
  try {
    await sdk.jobs.submit(id, { signal });
  } catch (error) {
    io.advise(`Job ${id} is created but not submitted. Try: quarry jobs submit --saved ${id}`);
    throw error;
  }
}
