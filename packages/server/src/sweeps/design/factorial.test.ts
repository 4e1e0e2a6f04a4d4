import { describe, expect, it } from 'vitest';
import { column, refusedSettings, sampled } from '../../../test/plan-harness.ts';

const two = { minvalue: -1, maxvalue: 1 };
const dot = (one: readonly number[], other: readonly number[]) =>
  one.reduce((sum, x, i) => sum + x * other[i]!, 0);

describe('a fractional factorial design', () => {
  it('is all combinations of two levels where no variable has a generator, the last one fastest', async () => {
    expect(
      await sampled('FractionalFactorial', [
        { minvalue: 0, maxvalue: 2 },
        { minvalue: 10, maxvalue: 20 },
      ]),
    ).toEqual([
      [0, 10],
      [0, 20],
      [2, 10],
      [2, 20],
    ]);
  });

  it('lets other variables follow products of the base factors', async () => {
    const rows = await sampled('FractionalFactorial', [
      two,
      two,
      { ...two, generator: 'ab' },
      { ...two, generator: ' -AC ' },
      two,
      { ...two, generator: '+abc' },
    ]);
    expect(rows).toHaveLength(8);
    for (const [a, b, ab, minusAc, c, abc] of rows) {
      expect([ab, minusAc, abc]).toEqual([a! * b!, -a! * c!, a! * b! * c!]);
    }
  });

  // 2^(7-4), resolution III, generators D = AB, E = AC, F = BC, G = ABC: D. C. Montgomery, Design and Analysis of
  // Experiments, table 8.14.
  it('of seven variables in eight runs has orthogonal columns', async () => {
    const generators = ['', '', '', 'ab', 'ac', 'bc', 'abc'];
    const rows = await sampled(
      'FractionalFactorial',
      generators.map((generator) => ({ ...two, generator })),
    );
    expect(rows).toHaveLength(8);
    for (let one = 0; one < 7; one++) {
      expect(dot(column(rows, one), new Array(8).fill(1))).toBe(0);
      for (let other = 0; other < one; other++) {
        expect(dot(column(rows, one), column(rows, other))).toBe(0);
      }
    }
  });

  // Runs of the smallest designs of a resolution: Montgomery, table 8.14.
  it.each([
    [3, 3, 4],
    [3, 7, 8],
    [3, 15, 16],
    [4, 4, 8],
    [4, 8, 16],
    [4, 16, 32],
    [5, 5, 16],
    [5, 6, 32],
    [5, 8, 64],
    [6, 6, 32],
    [3, 1, 2],
  ])(
    'of resolution %d has, for %d variables, %d runs and no shorter word',
    async (resolution, variables, runs) => {
      const settings = Array.from({ length: variables }, () => ({ ...two, resolution }));
      const rows = await sampled('FractionalFactorial', settings);
      expect(rows).toHaveLength(runs);
      const columns = Array.from({ length: variables }, (_, index) => column(rows, index));
      const ones = new Array(runs).fill(1);
      // No product of fewer columns than the resolution is constant.
      const check = (from: number, left: number, product: readonly number[]) => {
        for (let next = from; left > 0 && next < variables; next++) {
          const longer = product.map((x, row) => x * columns[next]![row]!);
          expect(Math.abs(dot(longer, ones))).toBeLessThan(runs);
          check(next + 1, left - 1, longer);
        }
      };
      check(0, resolution - 1, ones);
    },
  );

  it('of a resolution is refused with generators, or where it would need too many runs', async () => {
    expect(
      await refusedSettings('FractionalFactorial', [
        { ...two, resolution: 4 },
        { ...two, generator: 'a' },
      ]),
    ).toEqual([['1.generator', 'With a resolution, generators are found; leave it out.']]);
    expect(
      await refusedSettings('FractionalFactorial', new Array(1000).fill({ ...two, resolution: 6 })),
    ).toEqual([
      [
        '0.resolution',
        '1000 variables would need more than 2^16 runs; choose a lower one, or fewer variables.',
      ],
    ]);
    expect(await refusedSettings('FractionalFactorial', [{ ...two, resolution: 2 }])).toEqual([
      ['0.resolution', 'Ensure this value is greater than or equal to 3.'],
    ]);
  });

  it.each([
    ['abd', 'Name the product of base factors, such as "ab" or "-ab"; they are a, b, not d.'],
    ['a*b', 'Name the product of base factors, such as "ab" or "-ab"; they are a, b.'],
    ['-', 'Name the product of base factors, such as "ab" or "-ab"; they are a, b.'],
    ['aab', 'It names factor a twice.'],
    ['b', 'It would always be at the level of x1, or at the opposite one.'],
    ['-a', 'It would always be at the level of x0, or at the opposite one.'],
    [['ab'], 'Not a valid string.'],
  ])('is refused with the generator %j', async (generator, message) => {
    expect(await refusedSettings('FractionalFactorial', [two, two, { ...two, generator }])).toEqual([
      ['2.generator', message],
    ]);
  });

  it('is refused with two variables of one generator, or none without', async () => {
    const twins = [two, two, { ...two, generator: 'ab' }, { ...two, generator: '-ba' }];
    expect(await refusedSettings('FractionalFactorial', twins)).toEqual([
      ['3.generator', 'It would always be at the level of x2, or at the opposite one.'],
    ]);
    expect(await refusedSettings('FractionalFactorial', [{ ...two, generator: 'ab' }])).toEqual([
      ['0.generator', 'One variable at least must be without a generator, as factor a.'],
    ]);
    expect(await refusedSettings('FractionalFactorial', new Array(17).fill(two))).toEqual([
      [
        '16.generator',
        'At most 16 variables can be without a generator; these would be 2^17 runs. A resolution finds generators.',
      ],
    ]);
  });
});

describe('a central composite design', () => {
  it('has corners, axial points and centre points, in this order', async () => {
    const rows = await sampled('CentralComposite', [{ ...two, centerPoints: 2 }, two]);
    const alpha = Math.SQRT2;
    expect(rows).toEqual([
      [-1, -1],
      [-1, 1],
      [1, -1],
      [1, 1],
      [expect.closeTo(-alpha, 15), 0],
      [expect.closeTo(alpha, 15), 0],
      [0, expect.closeTo(-alpha, 15)],
      [0, expect.closeTo(alpha, 15)],
      [0, 0],
      [0, 0],
    ]);
  });

  it('keeps to the bounds when inscribed or faced', async () => {
    const range = { minvalue: 10, maxvalue: 20 };
    const inscribed = column(await sampled('CentralComposite', [{ ...range, kind: 'Inscribed' }, range]), 0);
    const inner = 5 / Math.SQRT2;
    expect(inscribed.slice(0, 1)).toEqual([expect.closeTo(15 - inner, 13)]);
    expect([Math.min(...inscribed), Math.max(...inscribed)]).toEqual([10, 20]);
    const faced = column(await sampled('CentralComposite', [{ ...range, kind: 'faced' }, range]), 0);
    expect(faced).toEqual([10, 10, 20, 20, 10, 20, 15, 15, 15]);
  });

  // Alphas of designs with one centre point: R. H. Myers, D. C. Montgomery and C. M. Anderson-Cook, Response Surface
  // Methodology (rotatable: F^(1/4)), and A. I. Khuri and J. A. Cornell, Response Surfaces (orthogonal).
  it.each([
    ['rotatable', 2, Math.SQRT2],
    ['rotatable', 3, 1.6818],
    ['rotatable', 5, 2.3784],
    ['orthogonal', 2, 1],
    ['orthogonal', 3, 1.2154],
    ['orthogonal', 4, Math.SQRT2],
    ['1.5', 3, 1.5],
    [2, 3, 2],
  ])('with alpha %s of %d variables has its axial points at %d', async (alpha, variables, expected) => {
    const rows = await sampled('CentralComposite', [
      { ...two, alpha },
      ...new Array(variables - 1).fill(two),
    ]);
    expect(rows).toHaveLength(2 ** variables + 2 * variables + 1);
    expect(Math.max(...rows.flat())).toBeCloseTo(expected, 4);
  });

  it.each([
    [[two], 0, 'kind', /^A CentralComposite design has 2 to 16 variables, this one 1\.$/],
    [new Array(17).fill(two), 16, 'kind', /^A CentralComposite design has 2 to 16 variables, this one 17\.$/],
    [
      [{ ...two, kind: 'cubic' }, two],
      0,
      'kind',
      /^"cubic" is not a valid choice\. Choose one of: circumscribed, inscribed, faced\.$/,
    ],
    [
      [
        { ...two, kind: 'faced' },
        { ...two, kind: 'inscribed' },
      ],
      1,
      'kind',
      /^x0 has faced: all variables/,
    ],
    [
      [{ ...two, kind: 'faced', alpha: 2 }, two],
      0,
      'alpha',
      /^The axial points of a faced design are on its faces; leave alpha out\.$/,
    ],
    [[{ ...two, alpha: 0.5 }, two], 0, 'alpha', /^Ensure this value is between 1 and 1000\.$/],
    [[{ ...two, alpha: 'big' }, two], 0, 'alpha', /^A number is required, or rotatable or orthogonal\.$/],
    [
      [{ ...two, centerPoints: -1 }, two],
      0,
      'centerPoints',
      /^Ensure this value is greater than or equal to 0\.$/,
    ],
    [
      [{ minvalue: -1.7e308, maxvalue: 1.7e308 }, two],
      0,
      'maxvalue',
      /^Its axial points would be too large for numbers\.$/,
    ],
  ])('is refused: %j', async (settings, position, setting, message) => {
    expect(await refusedSettings('CentralComposite', settings)).toEqual([
      [`${position}.${setting}`, expect.stringMatching(message)],
    ]);
  });
});
