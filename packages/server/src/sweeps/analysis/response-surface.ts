import { Matrix } from 'ml-matrix';
import { LIMITS } from '../../limits.ts';
import { ImpossibleError } from './impossible.ts';
import { CollinearError, leastSquares } from './least-squares.ts';
import { countTerms, expandTerm, type Powers, polynomialTerms, type Scale, termValue } from './polynomial.ts';
import { isConstant, meanOf, squaresAround } from './statistics.ts';

export interface SurfaceInput {
  name: string;
  values: Float64Array;
}

export interface SurfaceOptions {
  degree: number;
  interactions: boolean;
}

export interface Surface {
  /** In the inputs' own units. */
  terms: Array<{ powers: Powers; coefficient: number; standardError: number | null }>;
  rSquared: number | null;
  adjustedRSquared: number | null;
  /** With the residual degrees of freedom as divisor; null where there are none. */
  rootMeanSquareError: number | null;
}

/**
 * Fits a polynomial in these inputs, all of which vary, by least squares. It is fitted to inputs scaled to the range from
 * -1 to 1, where the powers differ most, and then written in their own units.
 */
export function fitSurface(
  inputs: readonly SurfaceInput[],
  output: Float64Array,
  { degree, interactions }: SurfaceOptions,
): Surface {
  const runs = output.length;
  const count = countTerms(inputs.length, degree, interactions);
  const what = `A polynomial of degree ${degree}${interactions ? '' : ' without interactions'} in ${counted(inputs.length, 'input')} has ${counted(count, 'coefficient')}`;
  if (count > LIMITS.surfaceTerms) {
    throw new ImpossibleError(`${what}; at most ${LIMITS.surfaceTerms} are fitted.`, {
      code: 'too_many_terms',
      hint: lower(degree, interactions, 'Vary fewer inputs.'),
    });
  }
  if (runs < count) {
    throw new ImpossibleError(
      `${what} and needs at least as many runs with the output; there ${runs === 1 ? 'is' : 'are'} ${runs}.`,
      {
        code: 'too_few_runs',
        hint: lower(degree, interactions, 'Wait for more runs to end, or plan a sweep with more of them.'),
      },
    );
  }
  refuseFewLevels(inputs, degree);
  const terms = polynomialTerms(inputs.length, degree, interactions);
  const scales = inputs.map(({ values }) => scaleOf(values));
  const fit = fitTerms(inputs, output, terms, scales);

  const back = toOwnUnits(terms, scales);
  const degreesOfFreedom = runs - terms.length;
  const residualSquares = fit.residualSquares;
  const variance = degreesOfFreedom > 0 ? residualSquares / degreesOfFreedom : null;
  const spread = back.mmul(fit.inverseFactor);
  const totalSquares = isConstant(output) ? 0 : squaresAround(output, meanOf(output));
  const rSquared = totalSquares > 0 ? 1 - residualSquares / totalSquares : null;
  return {
    terms: terms.map((powers, row) => ({
      powers,
      coefficient: back.getRow(row).reduce((sum, part, at) => sum + part * fit.coefficients[at]!, 0),
      standardError: variance === null ? null : Math.sqrt(variance) * Math.hypot(...spread.getRow(row)),
    })),
    rSquared,
    adjustedRSquared:
      rSquared === null || variance === null ? null : 1 - (variance * (runs - 1)) / totalSquares,
    rootMeanSquareError: variance === null ? null : Math.sqrt(variance),
  };
}

function fitTerms(
  inputs: readonly SurfaceInput[],
  output: Float64Array,
  terms: readonly Powers[],
  scales: readonly Scale[],
) {
  const scaled = new Float64Array(inputs.length);
  try {
    return leastSquares(output.length, terms.length, (row, into) => {
      for (const [input, { centre, half }] of scales.entries()) {
        scaled[input] = (inputs[input]!.values[row]! - centre) / half;
      }
      for (const [column, powers] of terms.entries()) {
        into[column] = termValue(powers, scaled);
      }
      into[terms.length] = output[row]!;
    });
  } catch (error) {
    if (!(error instanceof CollinearError)) {
      throw error;
    }
    const names = error.columns.map((column) => termName(terms[column]!, inputs));
    const MOST = 8;
    const shown = names.length > MOST ? `${names.slice(0, MOST).join(', ')} and others` : names.join(', ');
    throw new ImpossibleError(
      `The runs cannot tell these terms apart, since some of them make up the others: ${shown}.`,
      {
        code: 'collinear',
        hint: 'Ask for a lower degree or interactions=false, or plan the sweep so that the inputs vary independently (LatinHypercube, Sobol, CentralComposite).',
      },
    );
  }
}

/** The matrix that turns coefficients of the scaled inputs into those of the inputs themselves. */
function toOwnUnits(terms: readonly Powers[], scales: readonly Scale[]): Matrix {
  const places = new Map(terms.map((powers, place) => [powers.join(), place]));
  const back = Matrix.zeros(terms.length, terms.length);
  for (const [column, powers] of terms.entries()) {
    for (const [row, part] of expandTerm(powers, scales, (each) => places.get(each.join())!)) {
      back.set(row, column, back.get(row, column) + part);
    }
  }
  return back;
}

function scaleOf(values: Float64Array): Scale {
  let [min, max] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    if (value < min) {
      min = value;
    }
    if (value > max) {
      max = value;
    }
  }
  return { centre: min / 2 + max / 2, half: max / 2 - min / 2 };
}

function refuseFewLevels(inputs: readonly SurfaceInput[], degree: number): void {
  for (const { name, values } of inputs) {
    const levels = new Set<number>();
    for (const value of values) {
      levels.add(value);
      if (levels.size > degree) {
        break;
      }
    }
    if (levels.size > degree) {
      continue;
    }
    throw new ImpossibleError(
      `The input "${name}" has only ${levels.size} different values; a polynomial of degree ${degree} needs ${degree + 1}.`,
      { code: 'too_few_values', hint: `Ask for degree=${levels.size - 1}.` },
    );
  }
}

function termName(powers: Powers, inputs: readonly SurfaceInput[]): string {
  const factors = powers.flatMap((power, input) => {
    if (power === 0) {
      return [];
    }
    return [power === 1 ? inputs[input]!.name : `${inputs[input]!.name}^${power}`];
  });
  return factors.length === 0 ? 'the constant' : factors.join('*');
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** What to ask for to get fewer coefficients; `otherwise` where that is not possible. */
function lower(degree: number, interactions: boolean, otherwise: string): string {
  if (degree === 1) {
    return otherwise;
  }
  return `${otherwise} Or ask for degree=${degree - 1}${interactions ? ' or interactions=false' : ''}.`;
}
