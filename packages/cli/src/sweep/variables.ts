/** Turns the parameters of the command line into the variables of a job. */
import type { JobVariableDefinition } from '@quarry/sdk';
import { usageError } from '../errors.ts';
import { DISTRIBUTIONS, type Param } from './param.ts';
import { SAMPLE_FORMS, type Sample } from './sample.ts';

export interface Variables {
  jobvariables: JobVariableDefinition[];
  monteCarloIterations?: number;
  /** Runs that these variables make; null where only the platform can tell. */
  runs: number | null;
  /** What was understood otherwise than written. */
  notes: string[];
}

export interface VariableOptions {
  params: readonly Param[];
  sample: Sample | undefined;
  seed: number | undefined;
  /** The ranges are what an optimizer may choose from. */
  forOptimizer: boolean;
}

type Generator = Pick<JobVariableDefinition, 'valueGeneratorType' | 'valueGeneratorSettings'>;

const SAMPLE_HELP = `There is --sample ${SAMPLE_FORMS}.`;

/** Refuses parameters that no sample draws from, samples without anything to draw from, and names given twice. */
export function toVariables(given: VariableOptions): Variables {
  const options = withRangesToSample(given);
  const { params, sample, forOptimizer } = options;
  refuseDoubles(params);
  const drawn = params.filter(({ kind }) => kind === 'range' || kind === 'distribution');
  if (forOptimizer) {
    refuseForOptimizer(params, sample);
  } else if (sample === undefined) {
    const [first] = drawn;
    if (first?.kind === 'range') {
      throw usageError(
        `--param ${first.name} is a range: say how to take values from it.`,
        `Give it a step (${first.name}=${first.min}:${first.max}:STEP), or a --sample. ${SAMPLE_HELP}`,
      );
    }
    if (first) {
      throw usageError(
        `--param ${first.name} is a distribution: say how many runs to draw from it.`,
        'For 100 random draws: --sample random:100',
      );
    }
  } else if (drawn.length === 0) {
    throw usageError(
      '--sample takes its values from ranges and distributions, and no --param is one.',
      'Write --param x=0:10 (without a step) or --param x~normal:0:1.',
    );
  }
  if (sample?.design === 'fractional' && 'generators' in sample) {
    const unknown = Object.keys(sample.generators).find(
      (name) => !drawn.some((param) => param.name === name),
    );
    if (unknown) {
      throw usageError(`--sample fractional names "${unknown}", and no --param of that name is a range.`);
    }
  }
  const jobvariables = params.map(
    (param, index): JobVariableDefinition => ({
      name: param.name,
      variableType: forOptimizer ? 'Design' : 'Param',
      displayOrder: index,
      ...generatorOf(param, options),
    }),
  );
  const isRandom = sample?.design === 'random';
  return {
    jobvariables,
    ...(isRandom && { monteCarloIterations: sample.count }),
    runs: forOptimizer ? null : countRuns(params, sample, drawn.length),
    notes: given.params
      .filter((param, index) => param.kind !== params[index]!.kind)
      .map(({ name }) => `The step of ${name} is not used: --sample draws from its whole range.`),
  };
}

/** A sample that finds no range but stepped ones draws from those, between their ends. */
function withRangesToSample(options: VariableOptions): VariableOptions {
  const { params, sample } = options;
  if (sample === undefined || params.some(({ kind }) => kind === 'range' || kind === 'distribution')) {
    return options;
  }
  return {
    ...options,
    params: params.map((param): Param => {
      if (param.kind !== 'steps') {
        return param;
      }
      const { step, ...range } = param;
      return { ...range, kind: 'range' };
    }),
  };
}

function refuseDoubles(params: readonly Param[]): void {
  const seen = new Set<string>();
  for (const { name } of params) {
    if (seen.has(name)) {
      throw usageError(`--param ${name} is there twice.`);
    }
    seen.add(name);
  }
}

function refuseForOptimizer(params: readonly Param[], sample: Sample | undefined): void {
  if (sample !== undefined) {
    throw usageError(
      'An optimizer chooses the values itself: --sample does not go with --minimize and --maximize.',
      'For a sample whose best runs are shown, use --best NAME:min or --best NAME:max.',
    );
  }
  const [first] = params;
  if (first === undefined) {
    throw usageError('An optimizer needs something to choose.', 'Give it ranges, such as --param x=0:10.');
  }
  const other = params.find(({ kind }) => kind !== 'range');
  if (other) {
    throw usageError(
      `--param ${other.name} is no range: an optimizer chooses from all numbers between two.`,
      `Write it as ${other.name}=FROM:TO.`,
    );
  }
}

function generatorOf(param: Param, { sample, seed, forOptimizer }: VariableOptions): Generator {
  const nominal = 'nominal' in param && param.nominal !== undefined ? { nominal: param.nominal } : {};
  switch (param.kind) {
    case 'steps':
      return {
        valueGeneratorType: 'FixedRange',
        valueGeneratorSettings: { ...bounds(param), increment: param.step, ...nominal },
      };
    case 'spaced':
      return {
        valueGeneratorType: 'Linspace',
        valueGeneratorSettings: { ...bounds(param), count: param.count, ...nominal },
      };
    case 'values':
      return { valueGeneratorType: 'Values', valueGeneratorSettings: { values: param.values } };
    case 'range':
      if (forOptimizer) {
        return { valueGeneratorType: '', valueGeneratorSettings: { ...bounds(param), ...nominal } };
      }
      return drawnBy(sample!, 'Uniform', { ...bounds(param), ...nominal }, seed, param.name);
    case 'distribution': {
      const { type, settings } = DISTRIBUTIONS[param.word];
      const shape = Object.fromEntries(settings.map((name, index) => [name, param.numbers[index]]));
      return drawnBy(sample!, type, { ...shape, ...nominal }, seed, param.name);
    }
  }
}

/** What `--sample` makes of one range or distribution; the settings are those of docs/sweeps.md. */
function drawnBy(
  sample: Sample,
  distribution: 'Uniform' | 'Normal' | 'Triangular' | 'LogNormal',
  shape: Record<string, unknown>,
  seed: number | undefined,
  name: string,
): Generator {
  const seeded = seed === undefined ? shape : { ...shape, seed };
  const spread = distribution === 'Uniform' ? {} : { distribution };
  switch (sample.design) {
    case 'random':
      return { valueGeneratorType: distribution, valueGeneratorSettings: seeded };
    case 'lhs':
    case 'sobol':
    case 'halton': {
      const valueGeneratorType = JOINT_DESIGNS[sample.design];
      return { valueGeneratorType, valueGeneratorSettings: { ...seeded, ...spread, count: sample.count } };
    }
    case 'saltelli':
      return {
        valueGeneratorType: 'Saltelli',
        valueGeneratorSettings: {
          ...seeded,
          ...spread,
          count: sample.count,
          ...(sample.secondOrder && { secondOrder: true }),
        },
      };
    case 'morris':
      return {
        valueGeneratorType: 'Morris',
        valueGeneratorSettings: {
          ...seeded,
          ...spread,
          trajectories: sample.trajectories,
          ...(sample.levels !== undefined && { levels: sample.levels }),
        },
      };
    default:
      if (distribution !== 'Uniform') {
        throw usageError(
          `--param ${name} is a distribution; --sample ${sample.design} takes points of ranges.`,
          `Write it as ${name}=FROM:TO, or sample with random, lhs, sobol, halton, saltelli or morris.`,
        );
      }
      return factorial(sample, shape, name);
  }
}

const JOINT_DESIGNS = {
  lhs: 'LatinHypercube',
  sobol: 'Sobol',
  halton: 'Halton',
} as const;

function factorial(
  sample: Extract<Sample, { design: 'factorial' | 'fractional' | 'ccd' }>,
  shape: Record<string, unknown>,
  name: string,
): Generator {
  switch (sample.design) {
    case 'factorial':
      return {
        valueGeneratorType: 'FullFactorial',
        valueGeneratorSettings: { ...shape, levels: sample.levels },
      };
    case 'fractional': {
      const told =
        'resolution' in sample ? { resolution: sample.resolution } : ruleOf(sample.generators[name]);
      return { valueGeneratorType: 'FractionalFactorial', valueGeneratorSettings: { ...shape, ...told } };
    }
    case 'ccd':
      return {
        valueGeneratorType: 'CentralComposite',
        valueGeneratorSettings: {
          ...shape,
          ...(sample.variant !== undefined && { kind: sample.variant }),
        },
      };
  }
}

/** Which product of others a parameter follows; those without a rule take every combination. */
function ruleOf(generator: string | undefined): { generator?: string } {
  return generator === undefined ? {} : { generator };
}

function bounds({ min, max }: { min: number; max: number }) {
  return { minvalue: min, maxvalue: max };
}

/** The product of what varies by itself and of the sample; null where the platform decides on a design's size. */
function countRuns(params: readonly Param[], sample: Sample | undefined, drawn: number): number | null {
  let runs = sample === undefined ? 1 : sampleSize(sample, drawn);
  for (const param of params) {
    if (runs === null) {
      return null;
    }
    if (param.kind === 'values') {
      runs *= param.values.length;
    } else if (param.kind === 'spaced') {
      runs *= param.count;
    }
    // A last step that misses the end by a rounding error was meant to reach it.
    else if (param.kind === 'steps') {
      runs *= Math.floor((param.max - param.min) / param.step + 1e-9) + 1;
    }
  }
  return runs;
}

function sampleSize(sample: Sample, drawn: number): number | null {
  switch (sample.design) {
    case 'random':
    case 'lhs':
    case 'sobol':
    case 'halton':
      return sample.count;
    case 'saltelli':
      return sample.count * ((sample.secondOrder ? 2 : 1) * drawn + 2);
    case 'morris':
      return sample.trajectories * (drawn + 1);
    case 'fractional':
      return 'resolution' in sample ? null : 2 ** (drawn - Object.keys(sample.generators).length);
    case 'factorial':
      return sample.levels ** drawn;
    default:
      return null;
  }
}
