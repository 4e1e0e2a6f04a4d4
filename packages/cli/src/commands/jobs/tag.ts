import { argument, argumentsList, defineCommand, flag } from '../../command.ts';

export default defineCommand({
  details:
    'Tags are any texts, compared without regard to case. They can be changed in any state of the job, also when it has ' +
    'ended. One that the job has already, or with --remove does not have, is no error. `quarry jobs list` finds jobs by a tag (--tag).',
  arguments: {
    job: argument('<job>', 'id of the job'),
    names: argumentsList('<name...>', 'tags'),
  },
  options: { remove: flag('--remove', 'take these tags from the job') },
  examples: [
    { command: 'quarry jobs tag abcDEF study:wing converged', says: 'Give a job two tags' },
    { command: 'quarry jobs tag abcDEF converged --remove', says: 'Take one from it' },
  ],
  async run({ job, names, remove }, { sdk, signal }) {
    for (const name of names) {
      if (remove) {
        await sdk.jobs.removeTag(job, name, { signal });
      } else {
        await sdk.jobs.addTag(job, name, { signal });
      }
    }
    const tags = await sdk.jobs.tags(job, { signal });
    return { job, tags: tags.map(({ name }) => name) };
  },
  present({ job, tags }, io) {
    io.print(tags.length === 0 ? `Job ${job} has no tags.` : `Tags of job ${job}: ${tags.join(', ')}`);
  },
});
