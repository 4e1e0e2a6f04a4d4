/** The results of a sweep: in one call where the platform has one, else put together from its runs. */
import { ApiError, type Job, type Quarry, type ResultsTable, type Run } from '@quarry/sdk';

const PAGE_SIZE = 1000;

export type Cell = ResultsTable['rows'][number][number];
export type ResultColumn = ResultsTable['columns'][number];

export interface ReadOptions {
  /** Only runs that have changed since the table with this mark. */
  since?: string | undefined;
  /** Only these columns, beside that of the run. */
  columns?: readonly string[] | undefined;
  signal: AbortSignal;
}

/** All runs of a job as one table. */
export async function readResults(
  sdk: Quarry,
  jobId: string,
  { since, columns, signal }: ReadOptions,
): Promise<ResultsTable> {
  const chosen = {
    ...(since === undefined ? {} : { since }),
    ...(columns === undefined ? {} : { columns }),
  };
  try {
    return await sdk.jobs.results(jobId, { ...chosen, signal });
  } catch (error) {
    if (!isMissing(error) || since !== undefined || columns !== undefined) {
      throw error;
    }
  }
  const [job, runs] = await Promise.all([
    sdk.jobs.get(jobId, { signal }),
    sdk.jobs.runs(jobId, { page_size: PAGE_SIZE }, { signal }).all(),
  ]);
  return tableOf(job, runs);
}

/** Whether there is nothing at an address at all; a 404 with a code is Quarry's word for an unknown job. */
export function isMissing(error: unknown): boolean {
  if (!(error instanceof ApiError)) {
    return false;
  }
  return error.status === 405 || (error.status === 404 && error.code === null);
}

/** Runs list their inputs and outputs as variables; those that the job does not name are outputs. */
function tableOf(job: Job, runs: readonly Run[]): ResultsTable {
  const inputs = new Set((job.jobvariables ?? []).filter(isInput).map(({ name }) => name));
  const kinds = new Map<string, 'input' | 'output'>([...inputs].map((name) => [name, 'input']));
  const texts = new Set<string>();
  for (const { name, value } of runs.flatMap(({ variables }) => variables ?? [])) {
    if (!kinds.has(name)) {
      kinds.set(name, 'output');
    }
    if (value === null) {
      texts.add(name);
    }
  }
  const columns: ResultColumn[] = [
    { name: 'run', kind: 'run', type: 'number' },
    { name: 'outcome', kind: 'run', type: 'text' },
    ...[...kinds].map(
      ([name, kind]): ResultColumn => ({ name, kind, type: texts.has(name) ? 'text' : 'number' }),
    ),
  ];
  const rows = runs.map((run) => {
    const values = new Map(
      (run.variables ?? []).map(({ name, value, displayValue }) => [
        name,
        texts.has(name) ? displayValue : value,
      ]),
    );
    return [
      Number(run.id),
      run.outcome ?? null,
      ...[...kinds.keys()].map((name) => values.get(name) ?? null),
    ];
  });
  return { columns, rows };
}

function isInput({ variableType }: Job['jobvariables'][number]): boolean {
  return !['Output', 'Objective', 'Constraint'].includes(variableType);
}
