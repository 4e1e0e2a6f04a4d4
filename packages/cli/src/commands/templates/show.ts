import type { TemplateField } from '@quarry/sdk';
import { argument, defineCommand, integer } from '../../command.ts';
import { printFields, printTable } from '../../output/table.ts';

export default defineCommand({
  details: 'What its form asks for; with --json also the definition that a job is made of.',
  arguments: { template: argument('<template>', 'id of the job template') },
  options: { version: integer('--version-number <n>', 'an earlier version') },
  examples: [{ command: 'quarry templates show abcDEF', says: 'What `templates run` may set' }],
  async run({ template, version }, { sdk, signal }) {
    return sdk.jobTemplates.get(template, { signal, ...(version !== undefined && { version }) });
  },
  present(template, io) {
    const { name, description, projectName, version, latestVersion, author, isArchived, fields } = template;
    printFields(io, [
      ['Name', name],
      ['For', projectName ?? 'everybody'],
      ['Version', version === latestVersion ? String(version) : `${version} of ${latestVersion}`],
      ['Author', author],
      ...(description === '' ? [] : [['About', description] as const]),
      ...(isArchived ? [['State', 'archived: it makes no jobs any more'] as const] : []),
    ]);
    if (fields.length > 0) {
      io.print();
      printTable(io, fields, [
        { header: 'Field', value: ({ name }) => name, style: () => 'bold' },
        { header: 'Asks for', value: ({ label }) => label, flexible: true },
        { header: 'Type', value: typeOf },
        { header: 'Default', value: ({ default: value }) => (value === null ? '' : String(value)) },
        { header: 'Values', value: rangeOf, flexible: true },
      ]);
    }
  },
});

function typeOf({ type, required }: TemplateField): string {
  return required ? type : `${type}, optional`;
}

function rangeOf({ min, max, unit, options }: TemplateField): string {
  if (options.length > 0) {
    return options.map(({ value }) => value).join(', ');
  }
  const range = [...(min === null ? [] : [`from ${min}`]), ...(max === null ? [] : [`to ${max}`])].join(' ');
  return [range, unit ?? ''].filter((part) => part !== '').join(' ');
}
