/** Jobs by `last` or by a name, wherever a command takes the id of one. */
import { ApiError, type JobSummary, type Quarry } from '@quarry/sdk';
import type { Parameter } from './command.ts';
import { usageError } from './errors.ts';
import type { Io } from './io.ts';

const LAST = 'last';
/** A parameter that names jobs says so by its placeholder. */
const PLACEHOLDER = /[<[]job(?:\.\.\.)?[>\]]/;
/** Ids are six letters of both cases; a word such as `sphere` may be a name, and is looked for. */
const SURELY_ID = /^(?=.*[a-z])(?=.+[A-Z])[A-Za-z]{6}$/;
/** Jobs of the same name that a refusal lists. */
const MOST_NAMED = 5;

interface Surroundings {
  sdk: Quarry;
  io: Io;
  signal: AbortSignal;
}

/** The values of a command with ids in the place of `last` and of names; what names no job stays, for the platform to refuse. */
export async function withJobIds(
  parameters: Readonly<Record<string, Parameter<unknown>>>,
  values: Readonly<Record<string, unknown>>,
  surroundings: Surroundings,
): Promise<Record<string, unknown>> {
  const found = { ...values };
  for (const [name, { flags }] of Object.entries(parameters)) {
    const value = values[name];
    if (!PLACEHOLDER.test(flags)) {
      continue;
    }
    if (typeof value === 'string') {
      found[name] = await idsOf(value, flags, surroundings);
    } else if (Array.isArray(value)) {
      const ids: string[] = [];
      for (const each of value) {
        ids.push(await idsOf(String(each), flags, surroundings));
      }
      found[name] = ids;
    }
  }
  return found;
}

/** One job, or several with commas between them; of `--after JOB:any` the part before the condition. */
async function idsOf(given: string, flags: string, surroundings: Surroundings): Promise<string> {
  const ids: string[] = [];
  for (const part of given.split(',')) {
    const at = flags.startsWith('--after') ? part.indexOf(':') : -1;
    const end = at === -1 ? part.length : at;
    ids.push((await idOf(part.slice(0, end), surroundings)) + part.slice(end));
  }
  return ids.join(',');
}

async function idOf(given: string, { sdk, io, signal }: Surroundings): Promise<string> {
  if (given === '' || SURELY_ID.test(given)) {
    return given;
  }
  if (given === LAST) {
    const [newest] = (
      await sdk.jobs.list({ page_size: 1, f: '1', ordering: '-dateInserted' }, { signal }).page()
    ).results;
    if (newest === undefined) {
      throw usageError('You have no job yet, so that none is the last.', 'See `quarry help jobs submit`.');
    }
    io.note(`The last job is ${newest.id} (${newest.name}).`);
    return newest.id;
  }
  const named = await findNamed(given, sdk, signal).catch((error: unknown) => {
    if (error instanceof ApiError) {
      // What cannot search can still be asked for an id.
      return [];
    }
    throw error;
  });
  if (named.length > 1) {
    const them = named.map(
      ({ id, dateInserted }) => `${id} (of ${dateInserted.slice(0, 16).replace('T', ' ')})`,
    );
    throw usageError(
      `Several jobs are named "${given}": ${them.join(', ')}${named.length < MOST_NAMED ? '' : ' and perhaps more'}.`,
      'Name the one that you mean by its id.',
    );
  }
  return named[0]?.id ?? given;
}

/** The job with this id, or those with exactly this name, newest first. */
async function findNamed(given: string, sdk: Quarry, signal: AbortSignal): Promise<JobSummary[]> {
  const found: JobSummary[] = [];
  const query = { search: given, page_size: 200, ordering: '-dateInserted' } as const;
  for await (const job of sdk.jobs.list(query, { signal })) {
    if (job.id === given) {
      return [job];
    }
    if (job.name === given) {
      found.push(job);
    }
    if (found.length >= MOST_NAMED) {
      break;
    }
  }
  return found;
}
