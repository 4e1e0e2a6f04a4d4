/** What generates values and what it is told, as the form asks for it; docs/sweeps.md says what each means. */
import type { JobVariableDefinition } from '@quarry/sdk';

export type GeneratorName = Exclude<JobVariableDefinition['valueGeneratorType'], ''>;

export interface SettingField {
  key: string;
  kind: 'number' | 'text' | 'switch' | 'choice' | 'list';
  choices?: readonly string[];
  isOptional?: boolean;
}

export const DISTRIBUTIONS = ['Uniform', 'Normal', 'LogNormal', 'Triangular'] as const;
export type DistributionName = (typeof DISTRIBUTIONS)[number];

/** What people want of a design; choosers are ordered by it. */
export const PURPOSES = ['each', 'random', 'cover', 'matter', 'surface'] as const;
export type Purpose = (typeof PURPOSES)[number];

interface GeneratorRule {
  purpose: Purpose;
  /** Variables whose generators have the same sample vary together. */
  sample: string | null;
  fields: readonly SettingField[];
  /** Settings that all variables of the sample share. */
  shared: readonly SettingField[];
  /** Whether each variable has a `distribution`, whose settings are its fields too. */
  hasDistribution: boolean;
  /** Settings that a new one begins with, beside its bounds. */
  start: Readonly<Record<string, number>>;
}

const number = (key: string): SettingField => ({ key, kind: 'number' });
const optional = (key: string, kind: SettingField['kind'] = 'number'): SettingField => ({
  key,
  kind,
  isOptional: true,
});
const choice = (key: string, choices: readonly string[]): SettingField => ({
  key,
  kind: 'choice',
  choices,
  isOptional: true,
});
const BOUNDS = [number('minvalue'), number('maxvalue')];
const SEED = optional('seed');

export const DISTRIBUTION_FIELDS: Readonly<Record<DistributionName, readonly SettingField[]>> = {
  Uniform: BOUNDS,
  Normal: [number('mean'), number('stddev'), optional('minvalue'), optional('maxvalue')],
  LogNormal: [number('mean'), number('stddev'), optional('minvalue'), optional('maxvalue')],
  Triangular: [number('minvalue'), number('mode'), number('maxvalue')],
};

const alone = (purpose: Purpose, fields: readonly SettingField[], start = {}): GeneratorRule => ({
  purpose,
  sample: null,
  fields,
  shared: [],
  hasDistribution: false,
  start,
});
const random = (name: DistributionName): GeneratorRule => ({
  purpose: 'random',
  sample: 'random',
  fields: [...DISTRIBUTION_FIELDS[name], SEED],
  // How often they are drawn is said by the job.
  shared: [],
  hasDistribution: false,
  start: {},
});
const sampled = (
  purpose: Purpose,
  sample: string,
  shared: readonly SettingField[],
  start: Record<string, number>,
): GeneratorRule => ({ purpose, sample, fields: [], shared, hasDistribution: true, start });
const design = (
  purpose: Purpose,
  sample: string,
  fields: readonly SettingField[],
  shared: readonly SettingField[],
  start: Record<string, number>,
): GeneratorRule => ({ purpose, sample, fields, shared, hasDistribution: false, start });

export const GENERATORS: Readonly<Record<GeneratorName, GeneratorRule>> = {
  FixedRange: alone('each', [...BOUNDS, number('increment')]),
  Linspace: alone('each', [...BOUNDS, number('count')], { count: 5 }),
  Values: alone('each', [{ key: 'values', kind: 'list' }]),
  FullFactorial: alone('each', [...BOUNDS, number('levels')], { levels: 3 }),
  Uniform: random('Uniform'),
  Normal: random('Normal'),
  LogNormal: random('LogNormal'),
  Triangular: random('Triangular'),
  LatinHypercube: sampled('cover', 'LatinHypercube', [number('count'), SEED], { count: 20 }),
  Sobol: sampled('cover', 'Sobol', [number('count'), optional('scramble', 'switch'), SEED], { count: 32 }),
  Halton: sampled('cover', 'Halton', [number('count'), optional('scramble', 'switch'), SEED], { count: 20 }),
  Morris: sampled('matter', 'Morris', [number('trajectories'), optional('levels'), SEED], {
    trajectories: 10,
  }),
  Saltelli: sampled('matter', 'Saltelli', [number('count'), optional('secondOrder', 'switch'), SEED], {
    count: 64,
  }),
  CentralComposite: design(
    'surface',
    'CentralComposite',
    BOUNDS,
    [
      choice('kind', ['circumscribed', 'inscribed', 'faced']),
      optional('alpha', 'text'),
      optional('centerPoints'),
    ],
    {},
  ),
  FractionalFactorial: design(
    'matter',
    'FractionalFactorial',
    [...BOUNDS, optional('generator', 'text')],
    [optional('resolution')],
    { resolution: 3 },
  ),
};

/** Of a variable that an optimizer chooses. */
export const DESIGN_FIELDS: readonly SettingField[] = [
  ...BOUNDS,
  optional('integer', 'switch'),
  optional('increment'),
  optional('nominal'),
];

export function isGenerator(name: string): name is GeneratorName {
  return Object.hasOwn(GENERATORS, name);
}

const ALIASES: Readonly<Record<string, string>> = {
  min: 'minvalue',
  low: 'minvalue',
  max: 'maxvalue',
  high: 'maxvalue',
  step: 'increment',
  std: 'stddev',
  sigma: 'stddev',
  variant: 'kind',
};

/** Settings are the same in any case, with or without underscores, and some have short names. */
export function foldKey(key: string): string {
  const folded = key.toLowerCase().replaceAll('_', '');
  return Object.hasOwn(ALIASES, folded) ? ALIASES[folded]! : folded;
}

/**
 * How many runs a sample of so many variables stands for, by the settings that it begins with; null where that
 * takes more than the number of variables.
 */
export function countAtStart(name: GeneratorName, variables: number): number | null {
  const { start } = GENERATORS[name];
  switch (name) {
    case 'LatinHypercube':
    case 'Sobol':
    case 'Halton':
      return start.count!;
    case 'Morris':
      return start.trajectories! * (variables + 1);
    case 'Saltelli':
      return start.count! * (variables + 2);
    case 'CentralComposite':
      return 2 ** variables + 2 * variables + 1;
    case 'FullFactorial':
      return start.levels! ** variables;
    default:
      return null;
  }
}
