/** Reads `--sample`: how many runs are taken from the ranges and distributions of the parameters, and which. */
import { usageError } from '../errors.ts';
import { nearest } from '../nearest.ts';

export type Sample =
  | { design: 'random' | 'lhs' | 'sobol' | 'halton' | 'saltelli'; count: number }
  | { design: 'morris'; trajectories: number; levels?: number }
  | { design: 'factorial'; levels: number }
  | { design: 'fractional'; resolution?: number }
  | { design: 'ccd'; variant?: CompositeVariant };

export const COMPOSITE_VARIANTS = ['circumscribed', 'inscribed', 'faced'] as const;
export type CompositeVariant = (typeof COMPOSITE_VARIANTS)[number];

const FORMS = {
  random: 'random:N',
  lhs: 'lhs:N',
  sobol: 'sobol:N',
  halton: 'halton:N',
  saltelli: 'saltelli:N',
  morris: 'morris:TRAJECTORIES[:LEVELS]',
  factorial: 'factorial:LEVELS',
  fractional: 'fractional[:RESOLUTION]',
  ccd: `ccd[:${COMPOSITE_VARIANTS.join('|')}]`,
} as const;
type Design = keyof typeof FORMS;

/** The words of `--sample` in help. */
export const SAMPLE_FORMS = Object.values(FORMS).join(', ');

export function parseSample(given: string): Sample {
  const [word = '', ...parts] = given.split(':').map((part) => part.trim().toLowerCase());
  const form = Object.hasOwn(FORMS, word) ? FORMS[word as Design] : undefined;
  if (form === undefined) {
    const near = nearest(word, Object.keys(FORMS));
    throw usageError(
      `--sample ${given} names no design that there is.${near ? ` Did you mean ${near}?` : ''}`,
      `There is ${SAMPLE_FORMS}.`,
    );
  }
  const wrong = () => usageError(`--sample ${given} is not written as ${form}.`, `There is ${SAMPLE_FORMS}.`);
  const number = (text: string | undefined) => {
    if (text === undefined || !/^\d{1,9}$/.test(text) || Number(text) < 1) throw wrong();
    return Number(text);
  };
  const [first, second, ...more] = parts;
  const mostParts = word === 'morris' ? 2 : 1;
  if (more.length > 0 || (second !== undefined && mostParts < 2)) throw wrong();
  switch (word as Design) {
    case 'morris':
      return {
        design: 'morris',
        trajectories: number(first),
        ...(second !== undefined && { levels: number(second) }),
      };
    case 'factorial':
      return { design: 'factorial', levels: number(first) };
    case 'fractional':
      return { design: 'fractional', ...(first !== undefined && { resolution: number(first) }) };
    case 'ccd': {
      if (first === undefined) return { design: 'ccd' };
      const variant = COMPOSITE_VARIANTS.find((each) => each === first);
      if (variant === undefined) throw wrong();
      return { design: 'ccd', variant };
    }
    default:
      return { design: word as 'random', count: number(first) };
  }
}
