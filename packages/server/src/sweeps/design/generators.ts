import type { ValueGeneratorType } from '@quarry/contract';
import type { Generator } from './draft.ts';
import { randomDraws } from './random-draws.ts';
import { fixedRange, fullFactorial, linspace, values } from './ranges.ts';

type Named = Exclude<ValueGeneratorType, ''>;

/** `name` tells apart variables of one factor each, which have none, from those that form a sample together. */
export interface GeneratorRule {
  generate: Generator;
  /** Variables whose rules have the same sample are planned together. */
  sample?: string;
}

export const GENERATORS: Partial<Readonly<Record<Named, GeneratorRule>>> = {
  FixedRange: { generate: fixedRange },
  Linspace: { generate: linspace },
  Values: { generate: values },
  FullFactorial: { generate: fullFactorial },
  Uniform: { generate: randomDraws, sample: 'random' },
  Normal: { generate: randomDraws, sample: 'random' },
  LogNormal: { generate: randomDraws, sample: 'random' },
  Triangular: { generate: randomDraws, sample: 'random' },
};
