/** Reads `--sample`: how many runs are taken from the ranges and distributions of the parameters, and which. */
import { usageError } from '../errors.ts';
import { nearest } from '../nearest.ts';

export type Sample =
  | { design: 'random' | 'lhs' | 'sobol' | 'halton'; count: number }
  | { design: 'saltelli'; count: number; secondOrder: boolean }
  | { design: 'morris'; trajectories: number; levels?: number }
  | { design: 'factorial'; levels: number }
  | { design: 'fractional'; resolution: number }
  | { design: 'fractional'; generators: Record<string, string> }
  | { design: 'ccd'; variant?: CompositeVariant };

export const COMPOSITE_VARIANTS = ['circumscribed', 'inscribed', 'faced'] as const;
export type CompositeVariant = (typeof COMPOSITE_VARIANTS)[number];

const FORMS = {
  random: 'random:N',
  lhs: 'lhs:N',
  sobol: 'sobol:N',
  halton: 'halton:N',
  saltelli: 'saltelli:N[:second]',
  morris: 'morris:N[:LEVELS]',
  factorial: 'factorial:LEVELS',
  fractional: 'fractional:RESOLUTION',
  ccd: `ccd[:${COMPOSITE_VARIANTS.join('|')}]`,
} as const;
type Design = keyof typeof FORMS;

/** The words of `--sample` in help. */
export const SAMPLE_FORMS = Object.values(FORMS).join(', ');

/** A design as written; refuses what is none, with those there are. */
export function parseSample(given: string): Sample {
  const [word = '', ...parts] = given.split(':').map((part) => part.trim());
  const design = word.toLowerCase();
  if (!Object.hasOwn(FORMS, design)) {
    const near = nearest(design, Object.keys(FORMS));
    throw usageError(
      `--sample ${given} names no design that there is.${near ? ` Did you mean ${near}?` : ''}`,
      `There is ${SAMPLE_FORMS}.`,
    );
  }
  const sample = readDesign(design as Design, parts);
  if (sample) {
    return sample;
  }
  throw usageError(
    `--sample ${given} is not written as ${FORMS[design as Design]}.`,
    `There is ${SAMPLE_FORMS}.`,
  );
}

/** Undefined where the parts behind the design are not as its form says. */
function readDesign(design: Design, parts: readonly string[]): Sample | undefined {
  const [first, second] = parts;
  const count = readCount(first);
  switch (design) {
    case 'saltelli':
      if (count === undefined || parts.length > 2) {
        return undefined;
      }
      if (second === undefined) {
        return { design, count, secondOrder: false };
      }
      return second.toLowerCase() === 'second' ? { design, count, secondOrder: true } : undefined;
    case 'morris': {
      const levels = readCount(second);
      if (count === undefined || parts.length > 2) {
        return undefined;
      }
      if (second === undefined) {
        return { design, trajectories: count };
      }
      return levels === undefined ? undefined : { design, trajectories: count, levels };
    }
    case 'fractional': {
      if (count !== undefined) {
        return parts.length === 1 ? { design, resolution: count } : undefined;
      }
      const generators = parts.length === 1 ? readGenerators(first!) : undefined;
      return generators && { design, generators };
    }
    case 'ccd': {
      if (parts.length === 0) {
        return { design };
      }
      const variant = COMPOSITE_VARIANTS.find((each) => each === first?.toLowerCase());
      return parts.length === 1 && variant !== undefined ? { design, variant } : undefined;
    }
    case 'factorial':
      return count !== undefined && parts.length === 1 ? { design, levels: count } : undefined;
    default:
      return count !== undefined && parts.length === 1 ? { design, count } : undefined;
  }
}

function readCount(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,9}$/.test(text) && Number(text) > 0 ? Number(text) : undefined;
}

/** Instead of a resolution `NAME=ab`: the parameter follows the product of the first and the second one that have no generator. */
function readGenerators(text: string): Record<string, string> | undefined {
  const pairs = text.split(',').map((pair) => /^\s*(\w+)\s*=\s*([+-]?[a-z]+)\s*$/i.exec(pair));
  if (pairs.includes(null)) {
    return undefined;
  }
  return Object.fromEntries(pairs.map((pair) => [pair![1]!, pair![2]!]));
}
