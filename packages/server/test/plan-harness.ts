/** Plans of sweeps without a platform: files are texts in memory. */
import type { ParsedJobVariable, ValueGeneratorType } from '@quarry/contract';
import { expect } from 'vitest';
import { answerProblem } from '../src/http/dialects/rescale.ts';
import { notFound, Problem } from '../src/problems.ts';
import { type PlannedDefinition, type PlanOptions, planSweep, type SweepPlan } from '../src/sweeps/plan.ts';

export type VariableSettings = Record<string, unknown>;

export function variable(
  name: string,
  valueGeneratorType: ValueGeneratorType,
  valueGeneratorSettings: VariableSettings = {},
  others: Partial<ParsedJobVariable> = {},
): ParsedJobVariable {
  return {
    name,
    variableType: 'Param',
    displayOrder: 0,
    valueGeneratorType,
    valueGeneratorSettings,
    ...others,
  };
}

export const VARIES_NOTHING: PlannedDefinition = {
  paramFile: null,
  caseFile: null,
  jobvariables: [],
  optimizer: null,
  monteCarloIterations: null,
  includeNominalRun: false,
};

const files = new Map<string, string | Buffer>();

/** A file of the owner, for `paramFile` or `caseFile`. */
export function csv(content: string | Buffer): { id: string } {
  const id = `file${files.size}`;
  files.set(id, content);
  return { id };
}

export function plan(
  definition: Partial<PlannedDefinition>,
  options: Partial<PlanOptions> = {},
): Promise<SweepPlan> {
  const readFile = async (id: string) => {
    const content = files.get(id);
    if (content === undefined) {
      throw notFound(`There is no file "${id}".`);
    }
    return Buffer.from(content);
  };
  return planSweep({ ...VARIES_NOTHING, ...definition }, { readFile, ...options });
}

/** The texts of every run. */
export function allTexts({ count, values }: SweepPlan): string[][] {
  return Array.from({ length: count }, (_, index) => values(index));
}

/** The numbers of one generator's variables: a row for each run. */
export async function sampled(
  type: ValueGeneratorType,
  settings: readonly VariableSettings[],
  definition: Partial<PlannedDefinition> = {},
): Promise<number[][]> {
  const jobvariables = settings.map((each, index) =>
    variable(`x${index}`, type, each, { displayOrder: index }),
  );
  return allTexts(await plan({ jobvariables, ...definition })).map((texts) => texts.map(Number));
}

export function column(rows: readonly number[][], index: number): number[] {
  return rows.map((row) => row[index]!);
}

/** The body of the 400 that a promise must be refused with. */
export async function refusal(promise: Promise<unknown>): Promise<Record<string, unknown>> {
  const error = await promise.then(
    () => expect.fail('It should have been refused.'),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(Problem);
  const { status, body } = answerProblem(error as Problem);
  expect(status).toBe(400);
  return body;
}

/** Which settings of variables with this generator are refused, and why: `[position.setting, message]`. */
export async function refusedSettings(
  type: ValueGeneratorType,
  settings: readonly VariableSettings[],
  definition: Partial<PlannedDefinition> = {},
): Promise<[string, string][]> {
  const body = await refusal(sampled(type, settings, definition));
  const variables = body.jobvariables as { valueGeneratorSettings?: Record<string, string[]> }[];
  return variables.flatMap(({ valueGeneratorSettings }, position) =>
    Object.entries(valueGeneratorSettings ?? {}).map(([setting, messages]): [string, string] => [
      `${position}.${setting}`,
      messages.join(' '),
    ]),
  );
}
