import { readFile } from 'node:fs/promises';
import * as contract from '@quarry/contract';
import { LIMITS } from '../packages/server/src/limits.ts';
import { table } from './markdown.ts';

const SOURCES = {
  server: new URL('../packages/server/src/limits.ts', import.meta.url),
  contract: new URL('../packages/contract/src/limits.ts', import.meta.url),
};

/** `docs/limits.md`: every limit with its value from the code and its words from the comment above it. */
export async function limitsPage(): Promise<string> {
  return `# Limits

Everything here has a bound, so that no request and no job can take more than its share. Whoever meets one is told its
value: requests get a 4xx that says what is allowed, jobs a failure that names the limit.

## Of the server

${table(['limit', 'value', 'what it bounds'], await rowsOf(SOURCES.server, LIMITS))}

How long a job may run is set per site (\`max_job_hours\`, and \`default_job_hours\` for jobs that do not say, see [configuration](configuration.md)) and per user.

## Of the API's fields

${table(['limit', 'value', 'what it bounds'], await rowsOf(SOURCES.contract, contract))}
`;
}

async function rowsOf(source: URL, values: object): Promise<string[][]> {
  const words = readComments(await readFile(source, 'utf8'));
  return [...words].map(([name, meaning]) => {
    if (!meaning) {
      throw new Error(`${source.pathname}: ${name} has no comment to explain it to users.`);
    }
    return [`\`${name}\``, format(name, (values as Record<string, unknown>)[name]), meaning];
  });
}

/** Limits in the order of their file, each with the text of the comment directly above it. */
function readComments(text: string): Map<string, string> {
  const limit = /(?:\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*\n)?^(?: {2}|export const )([A-Za-z_]\w*)(?::| =)/gm;
  const found = [...text.matchAll(limit)].filter(([, , name]) => name !== 'LIMITS');
  return new Map(
    found.map(([, comment = '', name]) => [name!, comment.replace(/\s*\n\s*\*?\s*/g, ' ').trim()]),
  );
}

function format(name: string, value: unknown): string {
  if (typeof value === 'object') {
    return Object.entries(value ?? {})
      .map(([key, each]) => `${each} (${key})`)
      .join(', ');
  }
  if (typeof value !== 'number') {
    throw new Error(`The limit ${name} is no number.`);
  }
  if (/bytes(Per\w+)?$/i.test(name)) {
    return bytes(value);
  }
  return `${value.toLocaleString('en-US')}${/seconds$/i.test(name) ? ' s' : ''}`;
}

function bytes(value: number): string {
  const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'];
  let index = 0;
  while (value >= 1024 && value % 1024 === 0) {
    value /= 1024;
    index += 1;
  }
  return `${value} ${units[index]}`;
}
