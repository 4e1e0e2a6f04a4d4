import type { ResponseSurface, Sensitivity } from '@quarry/contract';
import { RESAMPLES } from './bootstrap.ts';
import { pearson, spearman } from './correlation.ts';
import { type DesignInputs, morrisSteps, saltelliOutputs } from './design-rows.ts';
import { ImpossibleError } from './impossible.ts';
import { morrisMeasures } from './morris.ts';
import { countTerms } from './polynomial.ts';
import { fitSurface, type SurfaceOptions } from './response-surface.ts';
import type { Sample } from './sample.ts';
import { sobolIndices } from './sobol.ts';
import { isConstant } from './statistics.ts';

interface Common {
  sample: Sample;
  /** Name of the sample's output. */
  output: string;
}

/** Plain data, so that another thread can do the work. */
export type SensitivityRequest =
  | (Common & { kind: 'sobol'; design: DesignInputs })
  /** `delta` is the length of a step as a share of the range of an input. */
  | (Common & { kind: 'morris'; design: DesignInputs; delta: number })
  | (Common & { kind: 'correlation' | 'rank-correlation' });
export type SurfaceRequest = Common & { kind: 'response-surface' } & SurfaceOptions;
export type AnalysisRequest = SensitivityRequest | SurfaceRequest;

export type AnalysisOf<Request extends AnalysisRequest> = Request extends SurfaceRequest
  ? ResponseSurface
  : Sensitivity;

/** Does one analysis. Throws an ImpossibleError where the runs do not allow it. */
export function analyse(request: AnalysisRequest): Sensitivity | ResponseSurface {
  switch (request.kind) {
    case 'sobol':
      return sobol(request);
    case 'morris':
      return morris(request);
    case 'correlation':
    case 'rank-correlation':
      return correlation(request);
    case 'response-surface':
      return surface(request);
  }
}

/** How large an analysis is, known before its numbers are read. */
export type AnalysisSize = { runs: number; inputs: number } & (
  | { kind: SensitivityRequest['kind'] }
  | ({ kind: 'response-surface' } & SurfaceOptions)
);

/** Roughly how many steps of arithmetic an analysis takes. */
export function stepsOf(size: AnalysisSize): number {
  const { runs, inputs } = size;
  switch (size.kind) {
    case 'sobol':
      return RESAMPLES.sobol * 2 * runs * (1 + inputs);
    case 'morris':
      return RESAMPLES.morris * runs;
    case 'correlation':
    case 'rank-correlation':
      return 30 * runs * inputs;
    case 'response-surface': {
      const terms = countTerms(inputs, size.degree, size.interactions);
      return 2 * terms ** 2 * (runs + 10 * terms);
    }
  }
}

type Of<Kind extends AnalysisRequest['kind']> = Extract<AnalysisRequest, { kind: Kind }>;

const DEAD = 'The output is the same in all runs, so that nothing can be told apart.';

function sobol({ sample, output, design }: Of<'sobol'>): Sensitivity {
  const outputs = saltelliOutputs(sample, design);
  const { samples, first, total, second } = sobolIndices(outputs);
  const names = design.members.map((member) => sample.inputs[member]!.name);
  const left = outputs.a.length - samples;
  const runsOfSample = 2 + outputs.ab.length + (outputs.ba?.length ?? 0);
  const warnings: string[] = [];
  if (left > 0) {
    warnings.push(
      `${left} of ${outputs.a.length} base samples were left out, each with its ${runsOfSample} runs, since a run of theirs lacks the output.`,
    );
  }
  if (first.every(({ value }) => value === null)) {
    warnings.push(DEAD);
  }
  return {
    method: 'sobol',
    output,
    runs: samples * runsOfSample,
    inputs: names.map((name, input) => ({
      name,
      firstOrder: first[input]!.value,
      firstOrderInterval: first[input]!.halfWidth,
      totalOrder: total[input]!.value,
      totalOrderInterval: total[input]!.halfWidth,
    })),
    ...(second === null
      ? {}
      : {
          interactions: second.map(({ one, other, value, halfWidth }) => ({
            inputs: [names[one]!, names[other]!] as [string, string],
            secondOrder: value,
            secondOrderInterval: halfWidth,
          })),
        }),
    warnings,
  };
}

function morris({ sample, output, design, delta }: Of<'morris'>): Sensitivity {
  const { steps, runs, trajectories } = morrisSteps(sample, design, delta);
  if (steps.length === 0) {
    throw new ImpossibleError('No two runs that follow each other in the design have the output.', {
      code: 'too_few_runs',
      hint: 'Wait for the sweep to end, or run what failed again (POST jobs/{id}/runs/rerun/).',
    });
  }
  const measures = morrisMeasures(steps, design.members.length);
  const planned = trajectories * design.members.length;
  const warnings =
    steps.length < planned
      ? [
          `${planned - steps.length} of ${planned} elementary effects were left out, since a run of theirs lacks the output.`,
        ]
      : [];
  return {
    method: 'morris',
    output,
    runs,
    inputs: design.members.map((member, input) => {
      const { mu, muStar, muStarHalfWidth, sigma } = measures[input]!;
      return { name: sample.inputs[member]!.name, mu, muStar, muStarInterval: muStarHalfWidth, sigma };
    }),
    warnings,
  };
}

const FEWEST_PAIRS = 3;

function correlation({ kind, sample, output }: Of<'correlation' | 'rank-correlation'>): Sensitivity {
  const { inputs, values, texts } = complete(sample);
  if (inputs.length === 0) {
    throw new ImpossibleError(`No input of this sweep is a number: ${texts.join(', ')}.`, {
      code: 'not_numeric',
      hint: 'Correlations are those of numbers; give the texts numbers to stand for them.',
    });
  }
  if (values.length < FEWEST_PAIRS) {
    throw new ImpossibleError(
      `A correlation needs at least ${FEWEST_PAIRS} runs with the output; here ${values.length === 1 ? 'is 1' : `are ${values.length}`}.`,
      { code: 'too_few_runs', hint: 'Wait for more runs to end.' },
    );
  }
  const warnings: string[] = [];
  if (texts.length > 0) {
    warnings.push(`Left out, since their values are no numbers: ${texts.join(', ')}.`);
  }
  const constant = inputs.filter((input) => isConstant(input.values)).map(({ name }) => name);
  if (constant.length > 0) {
    warnings.push(`Without a coefficient, since they do not vary: ${constant.join(', ')}.`);
  }
  if (isConstant(values)) {
    warnings.push(DEAD);
  }
  const correlate = kind === 'correlation' ? pearson : spearman;
  return {
    method: kind,
    output,
    runs: values.length,
    inputs: inputs.map((input) => ({ name: input.name, ...correlate(input.values, values) })),
    warnings,
  };
}

function surface({ sample, output, degree, interactions }: Of<'response-surface'>): ResponseSurface {
  const { inputs, values, texts } = complete(sample);
  if (texts.length > 0) {
    throw new ImpossibleError(
      `A polynomial needs numbers, but these inputs have texts: ${texts.join(', ')}.`,
      {
        code: 'not_numeric',
        hint: 'Give the texts numbers to stand for them, or submit a sweep for each of them.',
      },
    );
  }
  const varying = inputs.filter((input) => !isConstant(input.values));
  const constant = inputs.filter((input) => isConstant(input.values)).map(({ name }) => name);
  if (varying.length === 0) {
    throw new ImpossibleError(
      `No input varies among the ${values.length} runs with the output: ${constant.join(', ')}.`,
      { code: 'constant_inputs', hint: 'Wait for more runs to end, or plan a sweep whose inputs vary.' },
    );
  }
  const fit = fitSurface(varying, values, { degree, interactions });
  const warnings =
    constant.length > 0
      ? [`Left out of the polynomial, since they do not vary: ${constant.join(', ')}.`]
      : [];
  return {
    output,
    degree,
    runs: values.length,
    ...fit,
    terms: fit.terms.map(({ powers, ...term }) => ({
      powers: Object.fromEntries(
        powers.flatMap((power, input) => (power > 0 ? [[varying[input]!.name, power]] : [])),
      ),
      ...term,
    })),
    warnings,
  };
}

/** The runs that have the output: the inputs that are numbers, and the names of the others. */
function complete({ inputs, output }: Sample) {
  const kept = Array.from(output.keys()).filter((row) => !Number.isNaN(output[row]!));
  const pick = (values: Float64Array) => Float64Array.from(kept, (row) => values[row]!);
  const varies = (values: Float64Array) => values.some((value) => value !== values[0]);
  return {
    inputs: inputs
      .filter(({ isNumeric }) => isNumeric)
      .map(({ name, values }) => ({ name, values: pick(values) })),
    values: pick(output),
    // One text throughout makes no difference to anything.
    texts: inputs
      .filter(({ isNumeric, values }) => !isNumeric && varies(pick(values)))
      .map(({ name }) => name),
  };
}
