/** Seeds: a definition that is stored names all of them, so that it is planned the same every time. */
import { randomInt } from 'node:crypto';
import type { ParsedJobVariable, ValueGeneratorType } from '@quarry/contract';

export const MIN_SEED = Number.MIN_SAFE_INTEGER;
export const MAX_SEED = Number.MAX_SAFE_INTEGER;

/** Drawn below this, so that a seed is the same integer to any program that reads it. */
const DRAWN_BELOW = 2 ** 31;

/** `each`: every variable is drawn from its own seed; `joint`: all of a type from one. */
const SEEDED: Partial<Record<ValueGeneratorType, 'each' | 'joint'>> = {
  Uniform: 'each',
  Normal: 'each',
  LogNormal: 'each',
  Triangular: 'each',
  LatinHypercube: 'joint',
  Sobol: 'joint',
  Halton: 'joint',
  Saltelli: 'joint',
  Morris: 'joint',
};

/**
 * Draws a seed for every random or joint design that names none, and gives it to each of its variables. Settings
 * that are wrong otherwise stay as they are, for the plan to refuse.
 */
export function fillSeeds(
  jobvariables: readonly ParsedJobVariable[],
  draw: () => number = () => randomInt(DRAWN_BELOW),
): ParsedJobVariable[] {
  const joint = new Map<ValueGeneratorType, unknown>();
  for (const variable of jobvariables) {
    const seed = seedOf(variable);
    if (isPresent(seed) && !joint.has(variable.valueGeneratorType)) {
      joint.set(variable.valueGeneratorType, seed);
    }
  }
  return jobvariables.map((variable) => {
    const type = variable.valueGeneratorType;
    const kind = SEEDED[type];
    if (kind === undefined || isPresent(seedOf(variable))) {
      return variable;
    }
    if (kind === 'joint' && !joint.has(type)) {
      joint.set(type, draw());
    }
    const seed = kind === 'joint' ? joint.get(type) : draw();
    const { valueGeneratorSettings: settings } = variable;
    const others = Object.entries(settings).filter(([key]) => key.toLowerCase() !== 'seed');
    return { ...variable, valueGeneratorSettings: { ...Object.fromEntries(others), seed } };
  });
}

function seedOf(variable: ParsedJobVariable): unknown {
  const entry = Object.entries(variable.valueGeneratorSettings).find(
    ([key, value]) => key.toLowerCase() === 'seed' && isPresent(value),
  );
  return entry?.[1];
}

function isPresent(value: unknown): boolean {
  return value !== undefined && value !== null;
}
