import { readFile } from 'node:fs/promises';
import type { JobDefinition } from '@quarry/sdk';
import type { PlatformContext } from '../command.ts';
import { usageError } from '../errors.ts';
import type { InputStream } from '../io.ts';
import { count } from '../output/human.ts';
import { readAll } from './definition.ts';

/** Many jobs that were submitted in one request, as `--json` prints them. */
export interface SubmittedJobs {
  /** In the order of the definitions; ids are null in a dry run. */
  jobs: { id: string | null; name: string; warnings: string[] }[];
  submitted: boolean;
}

/** Creates and submits all jobs that a file defines in one request: all of them or none. */
export async function submitBulk(
  path: string,
  { dryRun }: { dryRun: boolean },
  { sdk, io, signal }: PlatformContext,
): Promise<SubmittedJobs> {
  const definitions = await readDefinitions(path, io.stdin);
  if (dryRun) {
    const jobs = definitions.map(({ name }) => ({ id: null, name: String(name), warnings: [] }));
    return { jobs, submitted: false };
  }
  io.note(`Submitting ${count(definitions.length, 'job')} in one request`);
  return { jobs: await sdk.jobs.createMany(definitions, { submit: true, signal }), submitted: true };
}

/** A JSON list of definitions, or one definition on each line, from a file or from standard input for `-`. */
async function readDefinitions(path: string, stdin: InputStream): Promise<JobDefinition[]> {
  const source = path === '-' ? 'standard input' : path;
  const text = (path === '-' ? await readAll(stdin) : await readFile(path, 'utf8')).replace(/^\ufeff/, '');
  const definitions = text.trimStart().startsWith('[') ? parse(text, source) : parseLines(text, source);
  if (!Array.isArray(definitions) || definitions.length === 0) {
    throw usageError(
      `${source} defines no jobs.`,
      'Write a JSON list of definitions, as POST jobs/ takes them, or one definition on each line.',
    );
  }
  for (const [index, definition] of definitions.entries()) {
    check(definition, `Job ${index + 1} of ${source}`);
  }
  return definitions as JobDefinition[];
}

function parseLines(text: string, source: string): unknown[] {
  return text
    .split('\n')
    .map((line, index) => ({ line: line.trim(), place: `${source}:${index + 1}` }))
    .filter(({ line }) => line !== '')
    .map(({ line, place }) => parse(line, place));
}

function parse(text: string, place: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw usageError(`${place} is not JSON: ${(error as Error).message}.`);
  }
}

/** What only `--definition` completes would be refused by the platform in words that do not fit. */
function check(definition: unknown, what: string): void {
  if (typeof definition !== 'object' || definition === null || Array.isArray(definition)) {
    throw usageError(`${what} is not a JSON object.`);
  }
  const { jobanalyses } = definition as { jobanalyses?: { inputFiles?: unknown }[] };
  for (const tile of Array.isArray(jobanalyses) ? jobanalyses : []) {
    for (const input of Array.isArray(tile?.inputFiles) ? tile.inputFiles : []) {
      if (typeof input === 'object' && input !== null && 'path' in input && !('id' in input)) {
        throw usageError(
          `${what} names a local file (${String(input.path)}); in bulk only stored files can be inputs.`,
          'Upload it once with `quarry files upload`, and name its id in every job.',
        );
      }
    }
  }
}
