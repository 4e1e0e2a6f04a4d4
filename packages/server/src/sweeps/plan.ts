/** What a job's definition asks for: which variables its runs have, and with which values. */
import type { ParsedJobDefinition, ParsedJobVariable } from '@quarry/contract';
import { LIMITS } from '../limits.ts';
import { combine } from './design/combine.ts';
import { draftVariables } from './design/draft-variables.ts';
import { designVariables } from './design/plan-optimizer.ts';
import { Problems } from './design/problems.ts';
import { type PlanLimits, readFileTable } from './design/read-file-table.ts';
import type { ReadFile } from './read-file.ts';

export interface SweepPlan {
  /** Input variables in display order, as the job answers them; those of files are filled in as `Param` or `Case`. */
  variables: ParsedJobVariable[];
  /** Runs, the nominal one included; 1 for a job that varies nothing, 0 where an optimizer chooses them. */
  count: number;
  /** How that comes about: variables whose values go together, each group combined with each. */
  factors: ReadonlyArray<{ variables: string[]; count: number }>;
  /** Whether the last run is that of the nominal values. */
  withNominal: boolean;
  /** Texts of run `index` (from 0) as templates insert them, in the order of `variables`. */
  values(index: number): string[];
  /** The number of run `index`, ascending; absent where that is `index` + 1. */
  numbers?: readonly number[];
}

/** True for a definition whose runs are planned from parameters; its outputs are listed under `run<N>/`. */
export function isSweep(
  definition: Pick<ParsedJobDefinition, 'paramFile' | 'caseFile' | 'jobvariables' | 'optimizer'>,
): boolean {
  const { paramFile, caseFile, jobvariables, optimizer } = definition;
  return paramFile !== null || caseFile !== null || optimizer !== null || jobvariables.length > 0;
}

/** The part of a definition that decides which runs a job has. */
export type PlannedDefinition = Pick<
  ParsedJobDefinition,
  'paramFile' | 'caseFile' | 'jobvariables' | 'optimizer' | 'monteCarloIterations' | 'includeNominalRun'
>;

export interface PlanOptions {
  readFile: ReadFile;
  limits?: PlanLimits;
  /** Takes what has no effect in a definition, for the warnings of the answer. */
  warn?: (text: string) => void;
}

/**
 * Plans the runs of a definition: the same definition and files give the same plan every time, once `fillSeeds` has
 * seen to its seeds. Throws a Problem, field by field, that names everything that is wrong.
 */
export async function planSweep(definition: PlannedDefinition, options: PlanOptions): Promise<SweepPlan> {
  const { readFile, limits = LIMITS, warn = () => {} } = options;
  const problems = new Problems();
  if (definition.optimizer) {
    return planOptimizer(definition, problems, warn);
  }

  const { monteCarloIterations: iterations } = definition;
  if (iterations !== null && iterations > limits.runsPerJob) {
    problems.add(
      ['monteCarloIterations'],
      `Ensure this value is less than or equal to ${limits.runsPerJob}.`,
    );
  }
  const caseFile = await readFileTable('caseFile', definition, readFile, limits, { problems, warn });
  const paramFile = await readFileTable('paramFile', definition, readFile, limits, { problems, warn });
  const source = {
    jobvariables: definition.jobvariables,
    tables: { caseFile, paramFile },
    unread: [definition.caseFile && !caseFile, definition.paramFile && !paramFile].some(Boolean),
    context: { iterations, maxRows: limits.runsPerJob },
    warn,
  };
  const { members, drafts } = draftVariables(source, problems);
  problems.refuse();

  if (iterations !== null && !drafts.some((draft) => draft.usesIterations)) {
    warn('monteCarloIterations has no effect: no variable of the job is drawn at random.');
  }
  const withNominal = definition.includeNominalRun && members.length > 0;
  if (definition.includeNominalRun && !withNominal) {
    warn('includeNominalRun has no effect: the job varies nothing.');
  }
  const combined = combine(members, drafts, withNominal, limits, problems);
  problems.refuse();
  const factors = drafts.map((draft) => ({
    variables: draft.members.map(({ variable }) => variable.name),
    count: draft.count,
  }));
  return { variables: members.map(({ variable }) => variable), factors, withNominal, ...combined! };
}

function planOptimizer(
  definition: PlannedDefinition,
  problems: Problems,
  warn: (text: string) => void,
): SweepPlan {
  const variables = designVariables(definition, problems);
  problems.refuse();
  for (const field of ['monteCarloIterations', 'includeNominalRun'] as const) {
    if (definition[field]) {
      warn(`${field} has no effect: the optimizer chooses every run.`);
    }
  }
  const values = () => {
    throw new RangeError('The runs of an optimizer are planned one after another, not beforehand.');
  };
  return { variables, count: 0, factors: [], withNominal: false, values };
}

export { fillSeeds } from './design/seeds.ts';
