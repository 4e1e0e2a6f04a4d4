import type { Job } from '@quarry/sdk';
import { argument, defineCommand, text } from '../../command.ts';
import { usageError } from '../../errors.ts';
import { changeJob, editParameters, optionsGiven, optionsOfDefinition } from '../../submission/edit.ts';
import { type Difference, definitionFacts, differencesOf, nameFacts } from '../../submission/facts.ts';
import { showValue } from '../../submission/show-difference.ts';

export default defineCommand({
  details:
    'Takes the options of `quarry jobs submit`. What a job is can change until it is submitted; its name, description, project and ' +
    'tags always. Tags, variables, devices and jobs to start after are added; a file of --input takes the place of what has its name.',
  arguments: { job: argument('<job>', 'id or name of the job, or last') },
  options: { ...editParameters, description: text('--description <text>', 'what the job is about') },
  examples: [
    { command: 'quarry jobs edit abcDEF --walltime 90m --cores 4', says: 'More cores, and less time' },
    { command: 'quarry jobs edit last --name "second try"', says: 'Another name, in any state' },
  ],
  async run(
    { job: jobId, description, ...given },
    context,
  ): Promise<{ id: string; name: string; changed: Difference[] }> {
    const { sdk, signal } = context;
    if (optionsGiven(given).length === 0 && description === undefined) {
      throw usageError(
        'There is nothing to change.',
        'Give what is to be different; see `quarry help jobs edit`.',
      );
    }
    const before = await sdk.jobs.get(jobId, { signal });
    const definition = optionsOfDefinition(given);
    if (definition.length > 0 && (await isSubmitted(jobId))) {
      throw usageError(
        `Job ${before.id} is submitted already: ${definition.join(', ')} cannot change any more.`,
        `Make another one of it: quarry jobs clone ${before.id} ${definition[0]} … --submit`,
      );
    }
    const after = await changeJob(before, given, context, description === undefined ? {} : { description });
    return { id: after.id, name: after.name, changed: differencesOf([factsOf(before), factsOf(after)]) };

    async function isSubmitted(id: string): Promise<boolean> {
      return (await sdk.jobs.statuses(id, { signal }).page()).results.length > 0;
    }
  },
  present({ id, name, changed }, io) {
    if (changed.length === 0) {
      io.print(`Job ${id} (${name}) was like that already.`);
      return;
    }
    io.print(`Job ${id} (${name}) is changed:`);
    for (const { field, values } of changed) {
      io.print(`  ${field}: ${showValue(values[0])} -> ${showValue(values[1])}`);
    }
  },
});

const factsOf = (job: Job) => [...nameFacts(job), ...definitionFacts(job)];
