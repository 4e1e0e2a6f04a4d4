import type { TaggedJobs } from '@quarry/sdk';
import { argument, argumentsList, defineCommand, flag, type PlatformContext } from '../../command.ts';
import { exitCodeOfRefused, printRefused } from '../../refused-items.ts';

export default defineCommand({
  details:
    'Tags are any texts, compared without regard to case. They can be changed in any state of the job, also when it has ' +
    'ended. One that the job has already, or with --remove does not have, is no error. Several jobs are separated by commas: ' +
    'each is tagged by itself, and what is refused for one of them makes the exit code. `quarry jobs list` finds jobs by a ' +
    'tag (--tag).',
  arguments: {
    job: argument('<job>', 'id of the job, or several with commas between them'),
    names: argumentsList('<name...>', 'tags'),
  },
  options: { remove: flag('--remove', 'take these tags from the job') },
  examples: [
    { command: 'quarry jobs tag abcDEF study:wing converged', says: 'Give a job two tags' },
    { command: 'quarry jobs tag abcDEF converged --remove', says: 'Take one from it' },
    { command: 'quarry jobs tag abcDEF,ghiJKL study:wing', says: 'Give two jobs the same tag' },
  ],
  async run({ job, names, remove }, { sdk, signal }): Promise<TagsOfOne | TaggedJobs> {
    const jobs = job.split(',').filter((id) => id !== '');
    if (jobs.length > 1) {
      return sdk.jobs.tagMany(jobs, { signal, ...(remove ? { remove: names } : { add: names }) });
    }
    return tagOne(job, { names, remove }, { sdk, signal });
  },
  present(tagged, io) {
    if ('job' in tagged) {
      const { job, tags } = tagged;
      io.print(tags.length === 0 ? `Job ${job} has no tags.` : `Tags of job ${job}: ${tags.join(', ')}`);
      return;
    }
    for (const id of tagged.changed) {
      io.print(`The tags of job ${id} are changed.`);
    }
    for (const id of tagged.unchanged) {
      io.print(`The tags of job ${id} were so before.`);
    }
    printRefused(tagged.refused, 'Job', io);
  },
  exitCode: (tagged) => exitCodeOfRefused('job' in tagged ? { refused: [] } : tagged),
});

interface TagsOfOne {
  job: string;
  tags: string[];
}

/** In requests that any platform knows. */
async function tagOne(
  job: string,
  { names, remove }: { names: readonly string[]; remove: boolean },
  { sdk, signal }: Pick<PlatformContext, 'sdk' | 'signal'>,
): Promise<TagsOfOne> {
  for (const name of names) {
    if (remove) {
      await sdk.jobs.removeTag(job, name, { signal });
    } else {
      await sdk.jobs.addTag(job, name, { signal });
    }
  }
  const tags = await sdk.jobs.tags(job, { signal });
  return { job, tags: tags.map(({ name }) => name) };
}
