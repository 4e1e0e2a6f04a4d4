import { describe, expect, test } from 'vitest';
import { type SaltelliOutputs, sobolIndices } from './sobol.ts';

const PRIMES = [2, 3, 5, 7, 11, 13, 17, 19];

/** Element `index` of the sequence of J. van der Corput: the digits of the index behind the point. */
function radicalInverse(index: number, base: number): number {
  let value = 0;
  for (let [left, unit] = [index, 1 / base]; left > 0; left = Math.floor(left / base), unit /= base) {
    value += unit * (left % base);
  }
  return value;
}

/** A Saltelli design over the unit cube from Halton's sequence, and the outputs of a function there. */
function evaluate(
  samples: number,
  inputs: number,
  model: (point: number[]) => number,
  secondOrder = false,
): SaltelliOutputs {
  const columns = () => Array.from({ length: inputs }, () => new Float64Array(samples));
  const outputs = {
    a: new Float64Array(samples),
    b: new Float64Array(samples),
    ab: columns(),
    ba: secondOrder ? columns() : null,
  };
  for (let sample = 0; sample < samples; sample++) {
    const point = PRIMES.slice(0, 2 * inputs).map((base) => radicalInverse(sample + 1, base));
    const [a, b] = [point.slice(0, inputs), point.slice(inputs)];
    outputs.a[sample] = model(a);
    outputs.b[sample] = model(b);
    for (let input = 0; input < inputs; input++) {
      outputs.ab[input]![sample] = model(a.with(input, b[input]!));
      if (outputs.ba) {
        outputs.ba[input]![sample] = model(b.with(input, a[input]!));
      }
    }
  }
  return outputs;
}

/** T. Ishigami and T. Homma, Proc. ISUMA '90 (1990) 398, with a = 7 and b = 0.1; inputs from -pi to pi. */
function ishigami(unit: number[]): number {
  const [x1, x2, x3] = unit.map((share) => Math.PI * (2 * share - 1)) as [number, number, number];
  return Math.sin(x1) + 7 * Math.sin(x2) ** 2 + 0.1 * x3 ** 4 * Math.sin(x1);
}

const valuesOf = (estimates: ReadonlyArray<{ value: number | null }>) => estimates.map(({ value }) => value!);

function expectClose(got: readonly number[], expected: readonly number[], tolerance: number) {
  for (const [index, value] of expected.entries()) {
    expect(Math.abs(got[index]! - value)).toBeLessThan(tolerance);
  }
  expect(got).toHaveLength(expected.length);
}

describe("Sobol' indices", () => {
  // Analytic values as in A. Saltelli et al., Global Sensitivity Analysis: The Primer (2008), and SALib's documentation.
  test('of the Ishigami function are the analytic ones', () => {
    const { first, total, second, samples } = sobolIndices(evaluate(8192, 3, ishigami, true));
    expect(samples).toBe(8192);
    expectClose(valuesOf(first), [0.3139, 0.4424, 0], 0.005);
    expectClose(valuesOf(total), [0.5576, 0.4424, 0.2437], 0.005);
    expect(second!.map(({ one, other }) => [one, other])).toEqual([
      [0, 1],
      [0, 2],
      [1, 2],
    ]);
    expectClose(valuesOf(second!), [0, 0.2437, 0], 0.01);
  });

  // The function of I. Sobol': V_i = 1 / 3 / (1 + a_i)^2, V = prod(1 + V_i) - 1 (Saltelli et al., The Primer, 2.9).
  test("of Sobol's g-function are the analytic ones", () => {
    const a = [0, 1, 4.5, 9];
    const parts = a.map((each) => 1 / 3 / (1 + each) ** 2);
    const all = parts.reduce((product, part) => product * (1 + part), 1);
    const { first, total } = sobolIndices(
      evaluate(16_384, 4, (point) =>
        point.reduce((product, x, at) => (product * (Math.abs(4 * x - 2) + a[at]!)) / (1 + a[at]!), 1),
      ),
    );
    expectClose(
      valuesOf(first),
      parts.map((part) => part / (all - 1)),
      0.01,
    );
    expectClose(
      valuesOf(total),
      parts.map((part) => (part * all) / (1 + part) / (all - 1)),
      0.01,
    );
  });

  // SALib 1.6.0, analyze.sobol on the same design of 512 base samples, 1000 resamples.
  test('are those of SALib, and the intervals as wide', () => {
    const { first, total, second } = sobolIndices(evaluate(512, 3, ishigami, true));
    expectClose(valuesOf(first), [0.3336349582883366, 0.4642638184736661, 0.01293067668909405], 1e-12);
    expectClose(valuesOf(total), [0.5465456625981305, 0.44588008377615956, 0.2544398329400486], 1e-12);
    expectClose(valuesOf(second!), [-0.030007577337385793, 0.2261577421625844, -0.02164415626338463], 1e-12);
    const widths = [...first, ...total, ...second!].map(({ halfWidth }) => halfWidth!);
    const salib = [0.09205, 0.07616, 0.08181, 0.1299, 0.06128, 0.04173, 0.1108, 0.1539, 0.09142];
    // A deviation from 100 resamples is itself uncertain by 7 %.
    for (const [index, width] of salib.entries()) {
      expect(widths[index]! / width).toBeGreaterThan(0.75);
      expect(widths[index]! / width).toBeLessThan(1.25);
    }
  });

  test('do not depend on the unit or the zero of the output', () => {
    const [plain, moved] = [ishigami, (point: number[]) => 1e6 - 1000 * ishigami(point)].map((model) =>
      sobolIndices(evaluate(256, 3, model)),
    );
    expectClose(valuesOf(moved!.first), valuesOf(plain!.first), 1e-6);
    expectClose(valuesOf(moved!.total), valuesOf(plain!.total), 1e-6);
    expect(plain!.second).toBeNull();
  });

  test('leave a base sample out when one of its outputs is missing', () => {
    const outputs = evaluate(100, 3, ishigami, true);
    const rest = evaluate(100, 3, ishigami, true);
    const drop = new Set([3, 50, 99]);
    outputs.a[3] = Number.NaN;
    outputs.ab[2]![50] = Number.NaN;
    outputs.ba![0]![99] = Number.NaN;
    const keep = (column: Float64Array) => column.filter((_value, sample) => !drop.has(sample));
    const kept = {
      a: keep(rest.a),
      b: keep(rest.b),
      ab: rest.ab.map(keep),
      ba: rest.ba!.map(keep),
    };
    expect(sobolIndices(outputs)).toEqual(sobolIndices(kept));
    expect(sobolIndices(outputs).samples).toBe(97);
  });

  test('are null where the output does not vary, also when it is not quite constant by rounding', () => {
    for (const model of [() => 7, (point: number[]) => 0.1 + point[0]! * 1e-17]) {
      const { first, total } = sobolIndices(evaluate(16, 2, model));
      for (const estimate of [...first, ...total]) {
        expect(estimate).toEqual({ value: null, halfWidth: null });
      }
    }
  });

  test('need two complete base samples', () => {
    const outputs = evaluate(4, 2, ([x]) => x!);
    outputs.b.fill(Number.NaN, 1);
    expect(() => sobolIndices(outputs)).toThrow(
      'at least 2 base samples of which every run has the output; here are 1 of 4',
    );
  });
});
