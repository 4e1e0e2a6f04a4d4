import { setImmediate as letOthersRun } from 'node:timers/promises';
import { createJobs, type ParsedJobDefinition, stopJobs } from '@quarry/contract';
import { type Person, person } from '../../access/caller.ts';
import { findFileSizes } from '../../db/queries/file-sizes.ts';
import { route } from '../../http/route.ts';
import { once } from '../../idempotency/once.ts';
import { attachedFiles } from '../../jobs/definition/check-definition.ts';
import type { Applied } from '../../jobs/life/store.ts';
import { LIMITS } from '../../limits.ts';
import { invalidFields, isOfPlatform, Problem } from '../../problems.ts';
import type { JobsContext } from './context.ts';
import { insertJob, type PreparedJob, prepareJob } from './create.ts';
import { findSite } from './settle.ts';
import { stopWithin } from './stop.ts';
import { type PlannedJob, submitWithin } from './submit.ts';

/** For so many milliseconds others wait until they are served. */
const TURN_MS = 10;

/** Saves, and submits if wished, all jobs in one transaction. */
export const createMany = (context: JobsContext) =>
  route(createJobs, async (call) => {
    const { caller, body } = call;
    const { userId } = person(caller);
    const applied: Applied[] = [];
    const made = await once(context, call, async () => {
      const prepared = await prepareAll(context, person(caller), body.jobs);
      return async (queries) => {
        await forEach(prepared, async ({ job }) => {
          await insertJob(context, queries, userId, job);
          if (body.submit) applied.push(await submitWithin(context, queries, caller, planned(job)));
        });
        return {
          jobs: prepared.map(({ job, warnings }) => ({ id: job.id, name: job.definition.name, warnings })),
        };
      };
    });
    context.engine.perform(applied);
    return made;
  });

/** Stops all jobs in one transaction, each as if it were stopped alone. */
export const stopMany = (context: JobsContext) =>
  route(stopJobs, async (call) => {
    const stopping = await context.database.write(
      async (queries) => {
        const applied = new Map<string, Applied | null>();
        await forEach(call.body.jobs, async (id) => {
          if (!applied.has(id)) applied.set(id, await stopWithin(context, queries, call.caller, id));
        });
        return applied;
      },
      { mayUseReserve: true },
    );
    const applied = [...stopping.values()].filter((each) => each !== null);
    context.engine.perform(applied);
    return {
      stopping: applied.map(({ jobId }) => jobId),
      unchanged: [...stopping].filter(([, each]) => each === null).map(([id]) => id),
    };
  });

function planned({ id, definition, plan }: PreparedJob): PlannedJob {
  return { id, definitionText: JSON.stringify(definition), plan };
}

/** Settles every definition; refuses with the errors of all that are wrong. */
async function prepareAll(
  context: JobsContext,
  owner: Pick<Person, 'userId' | 'role'>,
  definitions: readonly ParsedJobDefinition[],
) {
  await refuseTooManyFiles(context, definitions);
  const site = await findSite(context, owner, definitions);
  const together = { runs: 0, values: 0 };
  const isTooMuch = () => together.runs > LIMITS.runsPerBulk || together.values > LIMITS.valuesPerJob;
  const prepared = await forEach(definitions, async (wanted) => {
    // Refused below; until then no further plan takes up memory.
    if (isTooMuch()) return [];
    const warnings: string[] = [];
    const job = await prepareJob(context, owner, wanted, (text) => warnings.push(text), site);
    together.runs += job.plan.count;
    together.values += job.plan.count * job.plan.variables.length;
    return [{ job, warnings }];
  });
  if (!isTooMuch()) return prepared.flat();
  throw invalidFields({
    jobs: [
      `One request takes jobs of at most ${LIMITS.runsPerBulk} runs and ${LIMITS.valuesPerJob} values of variables together. ${SEND_IN_PARTS}`,
    ],
  });
}

const SEND_IN_PARTS = 'Send them in several requests.';

async function refuseTooManyFiles(
  { database }: JobsContext,
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
  const sizes = await findFileSizes(database.read, tables);
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
async function forEach<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  const errors = new Map<number, unknown>();
  let began = performance.now();
  for (const [position, item] of items.entries()) {
    try {
      results.push(await work(item));
    } catch (error) {
      errors.set(position, errorsOf(error));
    }
    if (performance.now() - began < TURN_MS) continue;
    await letOthersRun();
    began = performance.now();
  }
  if (errors.size > 0) throw invalidFields({ jobs: items.map((_, position) => errors.get(position) ?? {}) });
  return results;
}

/** What a refusal says of one item among others; whatever else happens is not about the item. */
function errorsOf(error: unknown): unknown {
  if (!(error instanceof Problem) || isOfPlatform(error)) throw error;
  const { detail, fields, hint } = error;
  if (detail === null) return fields;
  return [hint ? `${detail} ${hint}` : detail];
}
