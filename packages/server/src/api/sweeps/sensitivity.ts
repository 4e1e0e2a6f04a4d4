import {
  getJobSensitivity,
  type ParsedJobVariable,
  type Sensitivity,
  type SensitivityMethod,
  type ValueGeneratorType,
} from '@quarry/contract';
import { route } from '../../http/route.ts';
import type { StoredDefinition } from '../../jobs/definition/stored.ts';
import { invalidFields } from '../../problems.ts';
import type { SensitivityRequest } from '../../sweeps/analysis/analyse.ts';
import type { AnalysisThreads } from '../../sweeps/analysis/analysis-threads.ts';
import type { DesignInputs } from '../../sweeps/analysis/design-rows.ts';
import { ImpossibleError } from '../../sweeps/analysis/impossible.ts';
import { sensitivityLayout } from '../../sweeps/design/sensitivity-layout.ts';
import { inputVariables } from '../../sweeps/variables.ts';
import { type AnalysedSweep, findAnalysedSweep, refusing, type SweepsContext } from './context.ts';

/** The generators whose designs a method needs; the others take any runs. */
const GENERATOR_OF: Partial<Record<SensitivityMethod, ValueGeneratorType>> = {
  sobol: 'Saltelli',
  morris: 'Morris',
};
/** For any runs: it sees whatever rises or falls, straight or not. */
const FOR_ANY_RUNS = 'rank-correlation';

export const sensitivity = (context: SweepsContext, threads: AnalysisThreads) =>
  route(getJobSensitivity, async (call): Promise<Sensitivity> => {
    const sweep = await findAnalysedSweep(context, call);
    const variables = inputVariables(sweep.definition);
    const wanted = call.query.method;
    const method = wanted ?? bestFor(variables);
    refuseWrongDesign(method, variables);
    const analyse = (kind: SensitivityMethod) =>
      threads.run({ kind, ...sweep.size }, () => requestFor(kind, sweep, variables), call.signal);
    const result = await refusing(
      analyse(method).catch(async (error) => {
        const mayFallBack = wanted === undefined && method !== FOR_ANY_RUNS;
        if (!mayFallBack || !(error instanceof ImpossibleError) || error.code !== 'design_repeated') {
          throw error;
        }
        const other = await analyse(FOR_ANY_RUNS);
        return { ...other, warnings: [error.message, ...other.warnings] };
      }),
    );
    return { ...result, warnings: [...sweep.warnings, ...result.warnings] };
  });

function bestFor(variables: readonly ParsedJobVariable[]): SensitivityMethod {
  const generators = new Set(variables.map(({ valueGeneratorType }) => valueGeneratorType));
  const method = (['sobol', 'morris'] as const).find((each) => generators.has(GENERATOR_OF[each]!));
  return method ?? FOR_ANY_RUNS;
}

function refuseWrongDesign(method: SensitivityMethod, variables: readonly ParsedJobVariable[]): void {
  const generator = GENERATOR_OF[method];
  if (generator === undefined || variables.some((each) => each.valueGeneratorType === generator)) {
    return;
  }
  throw invalidFields({
    method: [
      `The method ${method} needs variables of the generator ${generator}; this sweep has none. For any sweep there are correlation and ${FOR_ANY_RUNS}.`,
    ],
  });
}

async function requestFor(
  method: SensitivityMethod,
  { definition, readSample, output }: AnalysedSweep,
  variables: readonly ParsedJobVariable[],
): Promise<SensitivityRequest> {
  const generator = GENERATOR_OF[method];
  const design: DesignInputs = {
    generator: generator ?? '',
    members: variables.flatMap(({ valueGeneratorType }, input) =>
      valueGeneratorType === generator ? [input] : [],
    ),
    hasNominalRun: definition.includeNominalRun,
  };
  const sample = await readSample();
  switch (method) {
    case 'sobol':
      return { kind: method, sample, output, design };
    case 'morris':
      return { kind: method, sample, output, design, delta: stepOf(definition, variables) };
    case 'correlation':
    case 'rank-correlation':
      return { kind: method, sample, output };
  }
}

/** The length of a step of a Morris design, as planned from its variables alone. */
function stepOf(definition: StoredDefinition, variables: readonly ParsedJobVariable[]): number {
  const layout = sensitivityLayout({
    ...definition,
    paramFile: null,
    caseFile: null,
    optimizer: null,
    jobvariables: variables.filter((each) => each.valueGeneratorType === GENERATOR_OF.morris),
  });
  if (layout?.kind !== 'Morris') {
    throw new Error('A stored Morris design could not be planned again.');
  }
  return layout.delta;
}
