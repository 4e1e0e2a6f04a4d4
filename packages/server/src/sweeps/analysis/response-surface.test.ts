import { describe, expect, test } from 'vitest';
import { countTerms, polynomialTerms } from './polynomial.ts';
import { fitSurface, type SurfaceInput } from './response-surface.ts';

/** NIST Statistical Reference Datasets, linear regression: J. Longley, JASA 62 (1967) 819. */
const LONGLEY = [
  [60323, 83.0, 234289, 2356, 1590, 107608, 1947],
  [61122, 88.5, 259426, 2325, 1456, 108632, 1948],
  [60171, 88.2, 258054, 3682, 1616, 109773, 1949],
  [61187, 89.5, 284599, 3351, 1650, 110929, 1950],
  [63221, 96.2, 328975, 2099, 3099, 112075, 1951],
  [63639, 98.1, 346999, 1932, 3594, 113270, 1952],
  [64989, 99.0, 365385, 1870, 3547, 115094, 1953],
  [63761, 100.0, 363112, 3578, 3350, 116219, 1954],
  [66019, 101.2, 397469, 2904, 3048, 117388, 1955],
  [67857, 104.6, 419180, 2822, 2857, 118734, 1956],
  [68169, 108.4, 442769, 2936, 2798, 120445, 1957],
  [66513, 110.8, 444546, 4681, 2637, 121950, 1958],
  [68655, 112.6, 482704, 3813, 2552, 123366, 1959],
  [69564, 114.2, 502601, 3931, 2514, 125368, 1960],
  [69331, 115.7, 518173, 4806, 2572, 127852, 1961],
  [70551, 116.9, 554894, 4007, 2827, 130081, 1962],
];

/** NIST Statistical Reference Datasets: R. Wampler, JASA 65 (1970) 549; x is 0 to 20. */
const WAMPLER_X = Float64Array.from({ length: 21 }, (_, index) => index);
const WAMPLER_4 = [
  75901, -204794, 204863, -204436, 253665, -200894, 214131, -185192, 221249, -138370, 315911, -27644, 455253,
  197434, 783995, 608816, 1370781, 1303798, 2205519, 2408860, 3444321,
];

const LINEAR = { degree: 1, interactions: false };

function expectRelative(got: number | null, certified: number, tolerance: number) {
  expect(Math.abs(got! / certified - 1)).toBeLessThan(tolerance);
}

/** Points of a cube in no order that anything could lean on. */
function scattered(count: number, inputs: number): SurfaceInput[] {
  const ROOTS = [Math.SQRT2, Math.sqrt(3), Math.sqrt(5), Math.sqrt(7)];
  return Array.from({ length: inputs }, (_, input) => ({
    name: `x${input + 1}`,
    values: Float64Array.from({ length: count }, (_value, index) => ((index + 1) * ROOTS[input]!) % 1),
  }));
}

function outputOf(inputs: readonly SurfaceInput[], model: (...x: number[]) => number): Float64Array {
  return inputs[0]!.values.map((_value, run) => model(...inputs.map(({ values }) => values[run]!)));
}

describe('a polynomial of degree 1', () => {
  test('has the certified coefficients of the Longley data', () => {
    const column = (index: number) => Float64Array.from(LONGLEY, (row) => row[index]!);
    const inputs = [1, 2, 3, 4, 5, 6].map((index) => ({ name: `x${index}`, values: column(index) }));
    const surface = fitSurface(inputs, column(0), LINEAR);
    const certified = [
      [-3482258.63459582, 890420.383607373],
      [15.0618722713733, 84.9149257747669],
      [-0.035819179292591, 0.0334910077722432],
      [-2.02022980381683, 0.488399681651699],
      [-1.03322686717359, 0.214274163161675],
      [-0.0511041056535807, 0.22607320006937],
      [1829.15146461355, 455.478499142212],
    ];
    for (const [index, [coefficient, standardError]] of certified.entries()) {
      expectRelative(surface.terms[index]!.coefficient, coefficient!, 1e-8);
      expectRelative(surface.terms[index]!.standardError, standardError!, 1e-8);
    }
    expectRelative(surface.rootMeanSquareError, 304.854073561965, 1e-10);
    expectRelative(surface.rSquared, 0.995479004577296, 1e-12);
    // 1 - (1 - R2) (n - 1) / (n - p), from the certified value.
    expectRelative(surface.adjustedRSquared, 1 - ((1 - 0.995479004577296) * 15) / 9, 1e-12);
  });
});

describe('a polynomial of higher degree', () => {
  const fit = (values: readonly number[], degree = 5) =>
    fitSurface([{ name: 'x', values: WAMPLER_X }], Float64Array.from(values), { degree, interactions: true });
  const sum = (x: number, share: number) =>
    [0, 1, 2, 3, 4, 5].reduce((total, power) => total + (share * x) ** power, 0);

  test('has the certified coefficients of Wampler’s exact data', () => {
    for (const share of [1, 0.1]) {
      const { terms, rSquared } = fit([...WAMPLER_X].map((x) => sum(x, share)));
      for (const [power, { coefficient }] of terms.entries()) {
        expectRelative(coefficient, share ** power, 1e-7);
      }
      expect(rSquared).toBeCloseTo(1, 14);
    }
  });

  test('has the certified deviations of Wampler’s noisy data', () => {
    const surface = fit(WAMPLER_4);
    const certified = [
      215232.62467817, 236355.173469681, 77934.3524331583, 10147.550755035, 564.566512170752,
      11.2324854679312,
    ];
    for (const [power, standardError] of certified.entries()) {
      expectRelative(surface.terms[power]!.coefficient, 1, 1e-6);
      expectRelative(surface.terms[power]!.standardError, standardError, 1e-10);
    }
    expectRelative(surface.rootMeanSquareError, 236014.502379268, 1e-12);
    expectRelative(surface.rSquared, 0.957478440825662, 1e-12);
  });
});

describe('a polynomial in several inputs', () => {
  test('finds the one that the output is, in the units of the inputs', () => {
    const unit = scattered(60, 3);
    const inputs = [
      { name: 'speed', values: unit[0]!.values.map((x) => 100 + 50 * x) },
      { name: 'angle', values: unit[1]!.values.map((x) => -5 + 20 * x) },
      { name: 'size', values: unit[2]!.values.map((x) => 1e-3 + 1e-3 * x) },
    ];
    const output = outputOf(inputs, (v, a, s) => 4 + 0.5 * v - 3 * a * a + 2 * v * a * s + 1e6 * s * s * s);
    const { terms, rSquared } = fitSurface(inputs, output, { degree: 3, interactions: true });
    const expected: Record<string, number> = {
      '0,0,0': 4,
      '1,0,0': 0.5,
      '0,2,0': -3,
      '1,1,1': 2,
      '0,0,3': 1e6,
    };
    expect(terms).toHaveLength(20);
    for (const { powers, coefficient, standardError } of terms) {
      const scale = 100 ** powers[0]! * 10 ** powers[1]! * 1e-3 ** powers[2]!;
      expect(Math.abs(coefficient - (expected[powers.join()] ?? 0)) * scale).toBeLessThan(1e-6);
      expect(standardError).not.toBeNull();
    }
    expect(rSquared).toBeCloseTo(1, 12);
  });

  test('does not lose the rows behind the first block', () => {
    const inputs = scattered(4000, 2);
    const output = outputOf(inputs, (x, y) => 1 + 2 * x - y);
    output[3999]! += 1000;
    const { terms } = fitSurface(inputs, output, LINEAR);
    // By the normal equations, whose condition is good for so few terms.
    const [x, y] = inputs.map(({ values }) => values) as [Float64Array, Float64Array];
    const rows = Array.from(output, (value, run) => [1, x[run]!, y[run]!, value]);
    const normal = (i: number, j: number) => rows.reduce((total, row) => total + row[i]! * row[j]!, 0);
    for (let equation = 0; equation < 3; equation++) {
      const left = terms.reduce(
        (total, { coefficient }, term) => total + normal(equation, term) * coefficient,
        0,
      );
      expectRelative(left, normal(equation, 3), 1e-9);
    }
  });

  test('is exact and has no errors to tell where there are as many runs as coefficients', () => {
    const inputs = scattered(3, 2);
    const surface = fitSurface(
      inputs,
      outputOf(inputs, (x, y) => x + 2 * y + 3),
      LINEAR,
    );
    for (const [term, value] of [3, 1, 2].entries()) {
      expect(surface.terms[term]!.coefficient).toBeCloseTo(value, 10);
      expect(surface.terms[term]!.standardError).toBeNull();
    }
    expect([surface.adjustedRSquared, surface.rootMeanSquareError]).toEqual([null, null]);
  });

  test('explains nothing of an output that does not vary', () => {
    const inputs = scattered(30, 1);
    const surface = fitSurface(inputs, new Float64Array(30).fill(0.1), LINEAR);
    expect([surface.rSquared, surface.adjustedRSquared]).toEqual([null, null]);
    expect(surface.terms[0]!.coefficient).toBeCloseTo(0.1, 14);
  });

  test('is refused when there are fewer runs than coefficients', () => {
    const inputs = scattered(9, 3);
    const output = outputOf(inputs, (x) => x);
    expect(() => fitSurface(inputs, output, { degree: 2, interactions: true })).toThrow(
      'A polynomial of degree 2 in 3 inputs has 10 coefficients and needs at least as many runs with the output; there are 9.',
    );
    expect(fitSurface(inputs, output, { degree: 2, interactions: false }).terms).toHaveLength(7);
  });

  test('is refused when an input has too few values for the degree', () => {
    const [x, y] = scattered(30, 2) as [SurfaceInput, SurfaceInput];
    const levels = { name: 'level', values: x.values.map((value) => Math.round(value)) };
    const output = outputOf([x, y], (value) => value);
    expect(() => fitSurface([levels, y], output, { degree: 2, interactions: true })).toThrow(
      'The input "level" has only 2 different values; a polynomial of degree 2 needs 3.',
    );
    expect(fitSurface([levels, y], output, { degree: 1, interactions: true }).terms).toHaveLength(3);
  });

  test('is refused when inputs depend on each other, and names the terms', () => {
    const [x, y] = scattered(30, 2) as [SurfaceInput, SurfaceInput];
    const sum = { name: 'sum', values: x.values.map((value, run) => 1e6 * (value + y.values[run]!)) };
    expect(() => fitSurface([x, y, sum], x.values, LINEAR)).toThrow(
      'The runs cannot tell these terms apart, since some of them make up the others: x1, x2, sum.',
    );
  });
});

describe('the terms of a polynomial', () => {
  test('are the constant, then by degree', () => {
    expect(polynomialTerms(2, 2, true).map((powers) => powers.join(''))).toEqual([
      '00',
      '10',
      '01',
      '20',
      '11',
      '02',
    ]);
    expect(polynomialTerms(2, 3, false).map((powers) => powers.join(''))).toEqual([
      '00',
      '10',
      '01',
      '20',
      '02',
      '30',
      '03',
    ]);
  });

  test('are counted without being made', () => {
    for (const inputs of [1, 2, 5]) {
      for (const degree of [1, 2, 3]) {
        for (const interactions of [true, false]) {
          expect(countTerms(inputs, degree, interactions)).toBe(
            polynomialTerms(inputs, degree, interactions).length,
          );
        }
      }
    }
    expect(countTerms(1000, 3, true)).toBe(167_668_501);
  });
});
