/** The same verb for many jobs of one request: all or none, and a refusal names everything that is wrong. */
import { setImmediate as letOthersRun } from 'node:timers/promises';
import type { ParsedJobDefinition } from '@quarry/contract';
import type { Queries } from '../../db/database.ts';
import { findFileSizes } from '../../db/queries/file-sizes.ts';
import { newId } from '../../ids.ts';
import { LIMITS } from '../../limits.ts';
import { invalidFields, isOfPlatform, Problem } from '../../problems.ts';
import { attachedFiles } from '../definition/attached-files.ts';
import { findOffer, type Owner } from '../definition/offer.ts';
import type { Domain } from './domain.ts';
import { type PreparedJob, prepareJob } from './save.ts';

/** For so many milliseconds others wait until they are served. */
const TURN_MS = 10;

const SEND_IN_PARTS = 'Send them in several requests.';

/** Prepares every definition as a new job of the owner; refuses with what is wrong with any of them. */
export async function prepareJobs(
  domain: Pick<Domain, 'queries' | 'catalog' | 'site' | 'readAttached'>,
  owner: Owner,
  definitions: readonly ParsedJobDefinition[],
): Promise<PreparedJob[]> {
  await refuseTooManyFiles(domain.queries, definitions);
  refuseTooManyDependencies(definitions);
  const found = await findOffer(domain, owner, definitions);
  /** Of the jobs so far, by which later ones may name them. */
  const ids: string[] = [];
  const nameable = new Set(found.nameable);
  const offer = { ...found, nameable };
  const together = { runs: 0, values: 0 };
  const isTooMuch = () => together.runs > LIMITS.runsPerBulk || together.values > LIMITS.valuesPerJob;
  const prepared = await forEachOfMany(definitions, async (definition) => {
    const id = newId();
    const wanted = { ...definition, after: definition.after.map((each) => withId(each, ids)) };
    ids.push(id);
    nameable.add(id);
    // Refused below; until then no further plan takes up memory.
    if (isTooMuch()) {
      return [];
    }
    const job = await prepareJob(domain, owner, { wanted, offer, id });
    together.runs += job.plan.count;
    together.values += job.plan.count * job.plan.variables.length;
    return [job];
  });
  if (!isTooMuch()) {
    return prepared.flat();
  }
  throw invalidFields({
    jobs: [
      `One request takes jobs of at most ${LIMITS.runsPerBulk} runs and ${LIMITS.valuesPerJob} values of variables together. ${SEND_IN_PARTS}`,
    ],
  });
}

/** `#0`, `#1` and so on are the jobs of the request. */
function withId<Named extends { jobId: string }>(named: Named, ids: readonly string[]): Named {
  const [, index] = /^#(\d{1,9})$/.exec(named.jobId) ?? [];
  return { ...named, jobId: (index === undefined ? undefined : ids[Number(index)]) ?? named.jobId };
}

function refuseTooManyDependencies(definitions: readonly ParsedJobDefinition[]): void {
  const count = definitions.reduce((sum, { after }) => sum + after.length, 0);
  if (count > LIMITS.dependenciesPerBulk) {
    throw invalidFields({
      jobs: [
        `These jobs name ${count} jobs to start after, and one request at most ${LIMITS.dependenciesPerBulk}. ${SEND_IN_PARTS}`,
      ],
    });
  }
}

async function refuseTooManyFiles(
  queries: Queries,
  definitions: readonly ParsedJobDefinition[],
): Promise<void> {
  const inputs = definitions.reduce((sum, definition) => sum + attachedFiles(definition).length, 0);
  if (inputs > LIMITS.inputsPerBulk) {
    throw invalidFields({
      jobs: [
        `These jobs take ${inputs} input files together, and one request at most ${LIMITS.inputsPerBulk}. ${SEND_IN_PARTS} Many small files may also be an archive, which is unpacked.`,
      ],
    });
  }
  const tables = definitions
    .flatMap(({ paramFile, caseFile }) => [paramFile, caseFile])
    .flatMap((file) => file?.id ?? []);
  const sizes = await findFileSizes(queries, tables);
  const bytes = tables.reduce((sum, id) => sum + (sizes.get(id) ?? 0), 0);
  if (bytes > LIMITS.paramFileBytesPerBulk) {
    throw invalidFields({
      jobs: [
        `The files of parameters and cases of these jobs have ${bytes} bytes together, and one request reads at most ${LIMITS.paramFileBytesPerBulk}; a file counts in every job that names it. ${SEND_IN_PARTS}`,
      ],
    });
  }
}

/**
 * Does the same for each of many items and lets others be served in between. Goes on after a refusal, to name
 * everything that is wrong: it rejects with the refusals of all items by their position under `jobs`.
 */
export async function forEachOfMany<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  const problems = new Map<number, unknown>();
  let began = performance.now();
  for (const [position, item] of items.entries()) {
    try {
      results.push(await work(item));
    } catch (error) {
      problems.set(position, wordsOf(error));
    }
    if (performance.now() - began < TURN_MS) {
      continue;
    }
    await letOthersRun();
    began = performance.now();
  }
  if (problems.size > 0) {
    throw invalidFields({ jobs: items.map((_, position) => problems.get(position) ?? {}) });
  }
  return results;
}

/** What a refusal says of one item among others; whatever else happens is not about the item. */
function wordsOf(error: unknown): unknown {
  if (!(error instanceof Problem) || isOfPlatform(error)) {
    throw error;
  }
  const { detail, fields, hint } = error;
  return detail === null ? fields : [hint === null ? detail : `${detail} ${hint}`];
}
