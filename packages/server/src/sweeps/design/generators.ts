import type { ValueGeneratorType } from '@quarry/contract';
import { centralComposite } from './central-composite.ts';
import type { Generator } from './draft.ts';
import { fractionalFactorial } from './fractional-factorial.ts';
import { halton } from './halton.ts';
import { latinHypercube } from './latin-hypercube.ts';
import { morris } from './morris.ts';
import { randomDraws } from './random-draws.ts';
import { fixedRange, fullFactorial, linspace, values } from './ranges.ts';
import { saltelli } from './saltelli.ts';
import { sobol } from './sobol.ts';

interface GeneratorRule {
  generate: Generator;
  /** Variables whose generators have the same sample are planned together; without, each is a factor by itself. */
  sample?: string;
}

export const GENERATORS: Readonly<Record<Exclude<ValueGeneratorType, ''>, GeneratorRule>> = {
  FixedRange: { generate: fixedRange },
  Linspace: { generate: linspace },
  Values: { generate: values },
  // Every combination of its variables is the product of the factors.
  FullFactorial: { generate: fullFactorial },
  Uniform: { generate: randomDraws, sample: 'random' },
  Normal: { generate: randomDraws, sample: 'random' },
  LogNormal: { generate: randomDraws, sample: 'random' },
  Triangular: { generate: randomDraws, sample: 'random' },
  LatinHypercube: { generate: latinHypercube, sample: 'LatinHypercube' },
  Sobol: { generate: sobol, sample: 'Sobol' },
  Halton: { generate: halton, sample: 'Halton' },
  FractionalFactorial: { generate: fractionalFactorial, sample: 'FractionalFactorial' },
  CentralComposite: { generate: centralComposite, sample: 'CentralComposite' },
  Saltelli: { generate: saltelli, sample: 'Saltelli' },
  Morris: { generate: morris, sample: 'Morris' },
};
