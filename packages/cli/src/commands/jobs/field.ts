import { argument, argumentsList, defineCommand, texts } from '../../command.ts';
import { readFieldValues } from '../../field-values.ts';
import { printFields } from '../../output/table.ts';

export default defineCommand({
  details:
    'Fields have free names and JSON values: what is no JSON is taken as text, so that loadcase=front needs no quotation ' +
    'marks, and count=5 is a number. They can be changed in any state of the job. Without NAME=VALUE and --remove they ' +
    'are shown.',
  arguments: {
    job: argument('<job>', 'id of the job'),
    fields: argumentsList('[name=value...]', 'fields to set'),
  },
  options: { remove: texts('--remove <name>', 'field to take from the job (repeatable)') },
  examples: [
    { command: 'quarry jobs field abcDEF', says: 'Show the fields of a job' },
    { command: 'quarry jobs field abcDEF loadcase=front mass=12.5', says: 'Set two' },
    {
      command: "quarry jobs field abcDEF 'Auto Download=Enabled' --remove mass",
      says: 'Set one, take one away',
    },
  ],
  async run({ job, fields, remove }, { sdk, signal }) {
    const values = readFields(fields, remove);
    const answered =
      Object.keys(values).length === 0
        ? await sdk.jobs.customFields(job, { signal })
        : await sdk.jobs.setCustomFields(job, values, { signal });
    return { job, fields: answered };
  },
  present({ job, fields }, io) {
    const shown = Object.entries(fields).map(([name, value]) => [name, showValue(value)] as const);
    if (shown.length === 0) {
      io.print(`Job ${job} has no fields.`);
    } else {
      printFields(io, shown);
    }
  },
});

function readFields(fields: readonly string[], remove: readonly string[]): Record<string, unknown> {
  const removed = remove.map((name) => [name, null] as const);
  return Object.fromEntries([...removed, ...readFieldValues(fields, remove)]);
}

function showValue(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
