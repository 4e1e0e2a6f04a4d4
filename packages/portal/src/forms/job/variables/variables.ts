/** The variables of a definition as its form changes them. Settings that a sample shares stand at its first variable. */
import { type Document, isObject, type Json } from '../document.ts';
import {
  DISTRIBUTION_FIELDS,
  DISTRIBUTIONS,
  type DistributionName,
  foldKey,
  GENERATORS,
  type GeneratorName,
  isGenerator,
  type SettingField,
} from './generators.ts';

export type Variable = Document;

/** The types of variables that runs are given; the others are what they print. */
const INPUTS: ReadonlySet<Json | undefined> = new Set(['Param', 'Case', 'Design']);

export function isInput(variable: Variable): boolean {
  return INPUTS.has(variable.variableType);
}

export function nameOfVariable({ name }: Variable): string {
  return typeof name === 'string' ? name : '';
}

export function generatorOf(variable: Variable): GeneratorName | null {
  const type = variable.valueGeneratorType ?? variable.variableGeneratorType;
  return typeof type === 'string' && isGenerator(type) ? type : null;
}

function settingsOf(variable: Variable): Document {
  return isObject(variable.valueGeneratorSettings) ? variable.valueGeneratorSettings : {};
}

/** A setting by any of its names. */
export function settingOf(variable: Variable, key: string): Json | undefined {
  const wanted = foldKey(key);
  return Object.entries(settingsOf(variable)).find(([name]) => foldKey(name) === wanted)?.[1];
}

/** The name that a setting has where it stands: refusals name it so. */
export function keyOfSetting(variable: Variable, key: string): string {
  const wanted = foldKey(key);
  return Object.keys(settingsOf(variable)).find((name) => foldKey(name) === wanted) ?? key;
}

export function withSetting(variable: Variable, key: string, value: Json | undefined): Variable {
  const wanted = foldKey(key);
  const others = Object.entries(settingsOf(variable)).filter(([name]) => foldKey(name) !== wanted);
  const all = value === undefined ? others : [...others, [key, value] as const];
  return { ...variable, valueGeneratorSettings: Object.fromEntries(all) };
}

export function distributionOf(variable: Variable): DistributionName {
  const name = String(settingOf(variable, 'distribution') ?? 'Uniform').toLowerCase();
  return DISTRIBUTIONS.find((each) => each.toLowerCase() === name) ?? 'Uniform';
}

/** What a variable asks for by itself. */
export function fieldsOf(variable: Variable): readonly SettingField[] {
  const name = generatorOf(variable);
  if (name === null) {
    return [];
  }
  const { fields, hasDistribution } = GENERATORS[name];
  if (name === 'FullFactorial' && settingOf(variable, 'values') !== undefined) {
    return GENERATORS.Values.fields;
  }
  return hasDistribution ? [...DISTRIBUTION_FIELDS[distributionOf(variable)], ...fields] : fields;
}

export interface Sample {
  generator: GeneratorName;
  /** Places of its variables in the list. */
  members: readonly number[];
}

/** The samples that several variables form together, in the order of their first variables. */
export function samplesOf(variables: readonly Variable[]): Sample[] {
  const samples = new Map<string, { generator: GeneratorName; members: number[] }>();
  for (const [index, variable] of variables.entries()) {
    const generator = isInput(variable) ? generatorOf(variable) : null;
    const sample = generator === null ? null : GENERATORS[generator].sample;
    if (generator !== null && sample !== null) {
      const there = samples.get(sample) ?? { generator, members: [] };
      there.members.push(index);
      samples.set(sample, there);
    }
  }
  return [...samples.values()];
}

/** A shared setting of a sample, wherever it stands. */
export function sharedSetting(variables: readonly Variable[], sample: Sample, key: string): Json | undefined {
  return sample.members
    .map((index) => settingOf(variables[index]!, key))
    .find((value) => value !== undefined);
}

export function withSharedSetting(
  variables: readonly Variable[],
  sample: Sample,
  key: string,
  value: Json | undefined,
): Variable[] {
  const [first] = sample.members;
  return variables.map((variable, index) =>
    sample.members.includes(index)
      ? withSetting(variable, key, index === first ? value : undefined)
      : variable,
  );
}

/** Takes a variable out of its sample, which keeps what it shares. */
function leave(variables: readonly Variable[], index: number): Variable[] {
  const sample = samplesOf(variables).find(({ members }) => members.includes(index));
  const others = sample?.members.filter((member) => member !== index) ?? [];
  const shared = sample === undefined ? [] : GENERATORS[sample.generator].shared;
  let next = [...variables];
  for (const { key } of shared) {
    const value = sharedSetting(variables, sample!, key);
    next[index] = withSetting(next[index]!, key, undefined);
    if (others.length > 0) {
      next = withSharedSetting(next, { ...sample!, members: others }, key, value);
    }
  }
  return next;
}

export function withoutVariable(variables: readonly Variable[], index: number): Variable[] {
  return leave(variables, index).filter((_, each) => each !== index);
}

const NO_BOUNDS = { minvalue: 0, maxvalue: 1 };
const STEPS = 4;
/** Bounds lie three standard deviations from the mean. */
const DEVIATIONS = 6;
const MAX_SEED = 2 ** 31 - 1;

/** Settings that a generator may begin with, by the bounds that the variable has. */
function beginningOf(variable: Variable): Record<string, Json> {
  const bound = (key: 'minvalue' | 'maxvalue') => {
    const value = settingOf(variable, key);
    return typeof value === 'number' ? value : NO_BOUNDS[key];
  };
  const [minvalue, maxvalue] = [bound('minvalue'), bound('maxvalue')];
  const middle = (minvalue + maxvalue) / 2;
  const width = maxvalue - minvalue;
  return {
    minvalue,
    maxvalue,
    mean: middle,
    mode: middle,
    stddev: width / DEVIATIONS || 1,
    increment: width / STEPS || 1,
    values: [minvalue, maxvalue],
  };
}

function newSeed(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0]! % MAX_SEED;
}

/** Whether something is drawn whose seed the server is to choose: it would draw other values each time. */
export function needsSeeds(variables: readonly Variable[]): boolean {
  return samplesOf(variables).some((sample) =>
    seedPlaces(sample).some((members) =>
      members.every((index) => settingOf(variables[index]!, 'seed') === undefined),
    ),
  );
}

/** Variables that share a seed: those of a sample, and each random one by itself. */
function seedPlaces({ generator, members }: Sample): (readonly number[])[] {
  const { shared, fields } = GENERATORS[generator];
  const isSeed = ({ key }: SettingField) => key === 'seed';
  return shared.some(isSeed) ? [members] : fields.some(isSeed) ? members.map((index) => [index]) : [];
}

/** With a seed wherever one is drawn by; those that there are stay unless all are to be drawn anew. */
export function withSeeds(variables: readonly Variable[], isAnew: boolean): Variable[] {
  let next = [...variables];
  for (const sample of samplesOf(variables)) {
    for (const members of seedPlaces(sample)) {
      const seed = sharedSetting(next, { ...sample, members }, 'seed');
      if (seed === undefined || isAnew) {
        next = withSharedSetting(next, { ...sample, members }, 'seed', newSeed());
      }
    }
  }
  return next;
}

/** Lets another generator make the values of a variable; of its settings stays what that one knows. */
export function withGenerator(
  variables: readonly Variable[],
  index: number,
  generator: GeneratorName,
): Variable[] {
  const next = leave(variables, index);
  const before = next[index]!;
  const { sample, shared, start, hasDistribution } = GENERATORS[generator];
  const bare = { ...before, valueGeneratorType: generator, valueGeneratorSettings: {} };
  delete (bare as Variable).variableGeneratorType;
  const distribution = hasDistribution ? settingOf(before, 'distribution') : undefined;
  let variable: Variable =
    distribution === undefined ? bare : withSetting(bare, 'distribution', distribution);
  const isFirst =
    sample === null ||
    !next.some(
      (each, other) =>
        other !== index && generatorOf(each) !== null && GENERATORS[generatorOf(each)!].sample === sample,
    );
  const begin: Record<string, Json> = { ...start, ...beginningOf(before) };
  for (const { key, isOptional } of fieldsOf(variable)) {
    const value = settingOf(before, key) ?? (isOptional ? undefined : begin[key]);
    variable = withSetting(variable, key, value);
  }
  const nominal = settingOf(before, 'nominal');
  variable = nominal === undefined ? variable : withSetting(variable, 'nominal', nominal);
  for (const { key } of isFirst ? shared : []) {
    variable = withSetting(variable, key, start[key]);
  }
  next[index] = variable;
  // Drawn here: what is looked at before the job is saved are its points then.
  return withSeeds(next, false);
}

/** Without those whose values a table of this type has given: it is gone. */
export function withoutColumns(variables: readonly Variable[], type: 'Param' | 'Case'): Variable[] {
  return variables.filter((variable) => variable.variableType !== type || generatorOf(variable) !== null);
}

/** Lets one generator make the values of all variables that have bounds of numbers. */
export function withDesign(variables: readonly Variable[], generator: GeneratorName): Variable[] {
  let next = [...variables];
  for (const index of designable(variables)) {
    next = withGenerator(next, index, generator);
  }
  return next;
}

/** Places of the variables that a design can be made of: what a file or a list of texts gives is none. */
export function designable(variables: readonly Variable[]): number[] {
  return variables.flatMap((variable, index) => {
    const generator = isInput(variable) ? generatorOf(variable) : null;
    const takesBounds = generator !== null && generator !== 'Values';
    return takesBounds && variable.variableType === 'Param' ? [index] : [];
  });
}

/** A variable that is not there yet, with values one after the other. */
export function newVariable(variables: readonly Variable[], name?: string): Variable {
  return {
    name: name ?? freeName(variables),
    variableType: 'Param',
    displayOrder: variables.length,
    valueGeneratorType: 'Linspace',
    valueGeneratorSettings: { ...NO_BOUNDS, ...GENERATORS.Linspace.start },
  };
}

function freeName(variables: readonly Variable[]): string {
  const taken = new Set(variables.map(nameOfVariable));
  let number = variables.length + 1;
  while (taken.has(`x${number}`)) {
    number++;
  }
  return `x${number}`;
}

/** Variables that an optimizer is to choose, or that vary by themselves again. */
export function withOptimizer(variables: readonly Variable[], isOn: boolean): Variable[] {
  return variables.map((variable, index) => {
    if (!isInput(variable)) {
      return variable;
    }
    const bounds = {
      minvalue: settingOf(variable, 'minvalue') ?? NO_BOUNDS.minvalue,
      maxvalue: settingOf(variable, 'maxvalue') ?? NO_BOUNDS.maxvalue,
    };
    const other = { ...variable, displayOrder: variable.displayOrder ?? index };
    return isOn
      ? { ...other, variableType: 'Design', valueGeneratorType: '', valueGeneratorSettings: bounds }
      : {
          ...other,
          variableType: 'Param',
          valueGeneratorType: 'Linspace',
          valueGeneratorSettings: { ...bounds, ...GENERATORS.Linspace.start },
        };
  });
}
