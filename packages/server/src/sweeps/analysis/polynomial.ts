/** For each input, the power of it in a term; all 0 for the constant. */
export type Powers = readonly number[];

/** How many terms `polynomialTerms` would give; exact as long as it is a safe integer. */
export function countTerms(inputs: number, degree: number, interactions: boolean): number {
  if (!interactions) {
    return 1 + inputs * degree;
  }
  let count = 1;
  for (let step = 1; step <= degree; step++) {
    count = (count * (inputs + step)) / step;
  }
  return count;
}

/**
 * The terms of a polynomial whose powers add up to at most `degree`: the constant, then by degree; without
 * interactions only powers of single inputs.
 */
export function polynomialTerms(inputs: number, degree: number, interactions: boolean): Powers[] {
  const terms: Powers[] = [];
  const extend = (powers: readonly number[], from: number, left: number) => {
    if (left === 0) {
      terms.push([...powers]);
      return;
    }
    for (let input = from; input < inputs; input++) {
      const isOther = powers.some((power, other) => power > 0 && other !== input);
      if (isOther && !interactions) {
        continue;
      }
      extend(powers.with(input, powers[input]! + 1), input, left - 1);
    }
  };
  for (let total = 0; total <= degree; total++) {
    extend(new Array(inputs).fill(0), 0, total);
  }
  return terms;
}

/** The value of a term where each input has this value. */
export function termValue(powers: Powers, values: ArrayLike<number>): number {
  let product = 1;
  for (let input = 0; input < powers.length; input++) {
    for (let times = 0; times < powers[input]!; times++) {
      product *= values[input]!;
    }
  }
  return product;
}

/** An input as it was fitted: its distance from `centre` in units of `half`. */
export interface Scale {
  centre: number;
  half: number;
}

/**
 * A term of scaled inputs written in the inputs themselves, by the binomial theorem: the coefficient of each term,
 * by its place in `terms`, which must hold every term with lower powers.
 */
export function expandTerm(
  powers: Powers,
  scales: readonly Scale[],
  placeOf: (powers: Powers) => number,
): Array<[place: number, coefficient: number]> {
  let parts: Array<{ powers: number[]; coefficient: number }> = [
    { powers: powers.map(() => 0), coefficient: 1 },
  ];
  for (const [input, power] of powers.entries()) {
    const { centre, half } = scales[input]!;
    for (let times = 0; times < power; times++) {
      parts = parts.flatMap((part) => [
        { powers: part.powers.with(input, part.powers[input]! + 1), coefficient: part.coefficient / half },
        { powers: part.powers, coefficient: (-part.coefficient * centre) / half },
      ]);
    }
  }
  return parts.map((part) => [placeOf(part.powers), part.coefficient]);
}
