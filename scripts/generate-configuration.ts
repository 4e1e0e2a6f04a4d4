import { z } from 'zod';
import { type Setting, SURROUNDINGS, settings } from '../packages/server/src/config/settings.ts';
import { table } from './markdown.ts';

/** `docs/configuration.md`, from the table that the server itself reads its configuration by. */
export function configurationPage(): string {
  return `# Configuration

Without any configuration \`quarry serve\` listens on ${code(defaultOf('host'))}, port ${code(defaultOf('port'))}, and keeps everything in
\`~/.local/share/quarry\`. Each setting can be given in one or more of three places; where several speak, the command line
wins over variables, and variables over the file.

The file is \`quarry.toml\` in the data directory, or the one that \`--config\` names:

\`\`\`toml
host = "127.0.0.1"
port = 8080
public_url = "https://hpc.example.lan"
trust_proxy = true
\`\`\`

A key that is not in the table, or a value that does not fit, stops the server at its start with a message that names
it. Changes to the file count at the next start; the [catalogue](catalogue.md) is read anew without one.

## Settings

${table(
  ['command line', 'variable', 'in quarry.toml', 'values', 'when absent', 'meaning'],
  settings.map(([, setting]) => [
    setting.option ? code(`--${setting.option}${isFlag(setting) ? '' : ' …'}`) : '',
    setting.variable ? code(setting.variable) : '',
    setting.key ? code(setting.key) : '',
    valuesOf(setting.schema),
    setting.otherwise ?? code(setting.default),
    setting.meaning,
  ]),
)}

\`quarry serve\` has the options of the command line under the same names.

## Other variables

${table(
  ['variable', 'what for'],
  Object.values(SURROUNDINGS).map(({ variable, meaning }) => [code(variable), meaning]),
)}

A job does not inherit the server's environment: see [security](security.md). The variables that the command line and
the SDK read are listed by \`quarry help environment\`.
`;
}

function defaultOf(name: string): unknown {
  return settings.find(([each]) => each === name)![1].default;
}

function code(value: unknown): string {
  return `\`${value}\``;
}

function isFlag({ schema }: Setting): boolean {
  return schema instanceof z.ZodBoolean;
}

function valuesOf(schema: z.ZodType): string {
  if (schema instanceof z.ZodBoolean) {
    return 'true, false';
  }
  if (schema instanceof z.ZodEnum) {
    return schema.options.join(', ');
  }
  if (schema instanceof z.ZodNumber) {
    return `${schema.minValue} to ${schema.maxValue}`;
  }
  if (schema instanceof z.ZodURL) {
    return 'http or https address';
  }
  return schema instanceof z.ZodArray ? 'list of texts' : 'text';
}
