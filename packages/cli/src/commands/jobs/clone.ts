import { argument, defineCommand, flag, text } from '../../command.ts';

export default defineCommand({
  details:
    'The new job has the same software, command, hardware and inputs. It is not submitted without --submit.',
  arguments: { job: argument('<job>', 'id of the job to copy') },
  options: {
    name: text('--name <text>', 'name of the new job'),
    submit: flag('--submit', 'submit the new job as well'),
  },
  examples: [
    { command: 'quarry jobs clone abcDEF --name "second try" --submit', says: 'Run the same thing again' },
  ],
  async run({ job, name, submit }, { sdk, signal }) {
    const clone = await sdk.jobs.clone(job, { signal, ...(name !== undefined && { name }) });
    if (submit) {
      await sdk.jobs.submit(clone.id, { signal });
    }
    return { id: clone.id, name: clone.name, clonedFrom: job, submitted: submit };
  },
  present({ id, name, clonedFrom, submitted }, io) {
    io.print(`Job ${id} (${name}) is a copy of ${clonedFrom}${submitted ? ', and is submitted' : ''}.`);
    if (!submitted) {
      io.note(`Submit it with: quarry jobs submit --saved ${id}`);
    }
  },
});
