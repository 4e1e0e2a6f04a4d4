/** Reads the options that let outputs decide: which runs are best, and what an optimizer looks for. */
import type { OptimizerDefinition } from '@quarry/sdk';
import { usageError } from '../errors.ts';

export interface Objective {
  name: string;
  goal: 'minimize' | 'maximize';
}

export interface Constraint {
  name: string;
  min: number | null;
  max: number | null;
}

export interface OptimizerOptions {
  minimize: string | undefined;
  maximize: string | undefined;
  constraint: string[];
  maxRuns: number | undefined;
  target: number | undefined;
  tolerance: number | undefined;
  method: 'direct' | 'nelder-mead' | undefined;
}

/** What the server gets of an optimizer; what is not said is its to choose. */
export type OptimizerWish = Partial<OptimizerDefinition> &
  Pick<OptimizerDefinition, 'objective' | 'constraints'>;

/** The optimizer that `--minimize` or `--maximize` asks for; undefined without either. */
export function readOptimizer(options: OptimizerOptions): OptimizerWish | undefined {
  const { minimize, maximize, maxRuns, target, tolerance, method } = options;
  if (minimize !== undefined && maximize !== undefined) {
    throw usageError(
      'One of --minimize and --maximize can be the objective, not both.',
      'Bound the other output with --constraint, such as "mass<=2.5".',
    );
  }
  const constraints = options.constraint.map(parseConstraint);
  const name = minimize ?? maximize;
  if (name === undefined) {
    const lost = Object.entries({
      '--max-runs': maxRuns,
      '--target': target,
      '--tolerance': tolerance,
      '--method': method,
    })
      .filter(([, value]) => value !== undefined)
      .map(([option]) => option);
    if (constraints.length > 0) {
      lost.unshift('--constraint');
    }
    if (lost.length === 0) {
      return undefined;
    }
    throw usageError(
      `${lost.join(', ')} belongs to an optimization.`,
      'Say what to --minimize or to --maximize.',
    );
  }
  return {
    objective: { name, goal: minimize === undefined ? 'maximize' : 'minimize' },
    constraints,
    ...(method !== undefined && { method }),
    ...(maxRuns !== undefined && { maxRuns }),
    ...(target !== undefined && { target }),
    ...(tolerance !== undefined && { tolerance }),
  };
}

/** `name<=2.5` or `name>=1`; the strict signs mean the same, since these are floating-point numbers. */
export function parseConstraint(given: string): Constraint {
  const match = /^\s*(.+?)\s*(<=|>=|<|>)\s*(\S+)\s*$/.exec(given);
  const bound = Number(match?.[3]);
  if (!match || !Number.isFinite(bound)) {
    throw usageError(
      `--constraint "${given}" is not written as NAME<=NUMBER or NAME>=NUMBER.`,
      'Put it into quotation marks: to a shell, < and > are redirections.',
    );
  }
  const [, name = '', sign = ''] = match;
  return sign.startsWith('<') ? { name, min: null, max: bound } : { name, min: bound, max: null };
}

/** `NAME`, `NAME:min` or `NAME:max`: the output by which runs are the best; the least unless told otherwise. */
export function parseBest(given: string): Objective {
  const match = /^(.+):(min|max)$/.exec(given);
  if (!match) {
    return { name: given, goal: 'minimize' };
  }
  return { name: match[1]!, goal: match[2] === 'max' ? 'maximize' : 'minimize' };
}
