import { describe, expect, it } from 'vitest';
import {
  allTexts,
  column,
  plan,
  refusedSettings,
  sampled,
  VARIES_NOTHING,
  type VariableSettings,
  variable,
} from '../../../test/plan-harness.ts';
import type { MorrisLayout, SaltelliLayout } from './layout.ts';
import { sensitivityLayout } from './sensitivity-layout.ts';

const unit = { minvalue: 0, maxvalue: 1 };

function design(type: 'Saltelli' | 'Morris', settings: readonly VariableSettings[]) {
  const jobvariables = settings.map((each, index) =>
    variable(`x${index}`, type, each, { displayOrder: index }),
  );
  return { ...VARIES_NOTHING, jobvariables };
}

async function rowsOf(definition: ReturnType<typeof design>): Promise<number[][]> {
  return allTexts(await plan(definition)).map((texts) => texts.map(Number));
}

describe('a Saltelli design', () => {
  it.each([
    [false, 5],
    [true, 8],
  ])(
    'with second order %s has %d rows for each base sample of three variables',
    async (secondOrder, perSample) => {
      const definition = design('Saltelli', [{ ...unit, count: 16, secondOrder, seed: 1 }, unit, unit]);
      const rows = await rowsOf(definition);
      const layout = sensitivityLayout(definition) as SaltelliLayout;
      expect(rows).toHaveLength(16 * perSample);
      expect(layout).toMatchObject({
        kind: 'Saltelli',
        samples: 16,
        rows: rows.length,
        rowsPerSample: perSample,
      });
      expect(layout.variables).toEqual(['x0', 'x1', 'x2']);
      const seen = new Set<number>();
      const row = (index: number) => {
        seen.add(index);
        return rows[index]!;
      };
      for (let sample = 0; sample < 16; sample++) {
        const a = row(layout.a(sample));
        const b = row(layout.b(sample));
        for (let changed = 0; changed < 3; changed++) {
          const mixed = (from: number[], other: number[]) =>
            from.map((x, k) => (k === changed ? other[k] : x));
          expect(row(layout.ab(sample, changed))).toEqual(mixed(a, b));
          if (secondOrder) {
            expect(row(layout.ba(sample, changed))).toEqual(mixed(b, a));
          }
        }
        expect(a.every((x, k) => x !== b[k])).toBe(true);
      }
      expect(seen.size).toBe(rows.length);
    },
  );

  it("takes A and B from one Sobol' sequence, each with a point in every stratum", async () => {
    const definition = design('Saltelli', [{ ...unit, count: 64, seed: 9 }, unit]);
    const rows = await rowsOf(definition);
    const layout = sensitivityLayout(definition) as SaltelliLayout;
    for (const matrix of [layout.a, layout.b]) {
      const points = Array.from({ length: 64 }, (_, sample) => rows[matrix(sample)]!);
      for (const dimension of [0, 1]) {
        expect(new Set(column(points, dimension).map((x) => Math.floor(x * 64))).size).toBe(64);
      }
    }
  });

  it('maps each variable to its distribution', async () => {
    const normal = { distribution: 'Normal', mean: 100, stddev: 0.001 };
    const rows = await sampled('Saltelli', [{ ...unit, count: 8, seed: 2 }, normal]);
    expect(rows.every(([x, y]) => x! > 0 && x! < 1 && Math.abs(y! - 100) < 0.01)).toBe(true);
  });

  it('is refused with too many variables or runs', async () => {
    const many = Array.from({ length: 129 }, () => ({ ...unit, count: 1 }));
    expect(await refusedSettings('Saltelli', many)).toEqual([
      ['128.distribution', 'A Saltelli design has at most 128 variables.'],
    ]);
    expect(await refusedSettings('Saltelli', [{ ...unit, count: 2, secondOrder: 'maybe' }])).toEqual([
      ['0.secondOrder', 'Must be a valid boolean.'],
    ]);
    await expect(sampled('Saltelli', [{ ...unit, count: 50_000 }])).rejects.toThrow(
      /x0 \(150,000\) make 150,000 runs; a job has at most 100,000\./,
    );
  });
});

describe('a Morris design', () => {
  it('changes one variable at a time by half the grid, each once in every trajectory', async () => {
    const definition = design('Morris', [
      { ...unit, trajectories: 50, levels: 6, seed: 3 },
      unit,
      unit,
      unit,
    ]);
    const rows = await rowsOf(definition);
    const layout = sensitivityLayout(definition) as MorrisLayout;
    expect(layout).toMatchObject({
      kind: 'Morris',
      trajectories: 50,
      rowsPerTrajectory: 5,
      rows: 250,
      delta: 0.6,
    });
    expect(rows).toHaveLength(250);
    for (let trajectory = 0; trajectory < 50; trajectory++) {
      const changed: number[] = [];
      for (let step = 0; step < 4; step++) {
        const [before, after] = [rows[trajectory * 5 + step]!, rows[trajectory * 5 + step + 1]!];
        const { variable: which, direction } = layout.step(trajectory, step);
        changed.push(which);
        for (let k = 0; k < 4; k++) {
          expect(after[k]! - before[k]!).toBeCloseTo(k === which ? 0.6 * direction : 0, 12);
        }
      }
      expect(changed.sort()).toEqual([0, 1, 2, 3]);
    }
  });

  it('visits all levels about equally often, in both directions', async () => {
    const definition = design('Morris', [{ ...unit, trajectories: 2000, seed: 1 }, unit]);
    const rows = await rowsOf(definition);
    for (const dimension of [0, 1]) {
      const counts = [0, 1, 2, 3].map(
        (level) => column(rows, dimension).filter((x) => Math.abs(x - level / 3) < 1e-9).length,
      );
      expect(counts.reduce((sum, each) => sum + each)).toBe(6000);
      for (const each of counts) {
        expect(Math.abs(each - 1500)).toBeLessThan(150);
      }
    }
    const layout = sensitivityLayout(definition) as MorrisLayout;
    const up = Array.from({ length: 2000 }, (_, trajectory) => layout.step(trajectory, 0));
    expect(Math.abs(up.filter(({ direction }) => direction === 1).length - 1000)).toBeLessThan(100);
    expect(Math.abs(up.filter(({ variable: which }) => which === 0).length - 1000)).toBeLessThan(100);
  });

  it('is refused with settings that cannot be', async () => {
    const found = await refusedSettings('Morris', [
      { ...unit, levels: 5 },
      { distribution: 'Normal', mean: 0, stddev: 1, trajectories: 0 },
      { ...unit, count: 5 },
    ]);
    expect(found).toEqual([
      ['0.levels', 'Ensure this value is even.'],
      ['1.trajectories', 'Ensure this value is greater than or equal to 1.'],
      [
        '1.distribution',
        'The levels include the ends, where this distribution has no value; give minvalue and maxvalue too.',
      ],
      [
        '2.count',
        'Morris with distribution Uniform has no setting of this name; it has: trajectories, levels, seed, distribution, minvalue, maxvalue, nominal.',
      ],
    ]);
  });
});

describe('the layout of a definition', () => {
  const saltelli = design('Saltelli', [{ ...unit, count: 4, seed: 1 }]);

  it('stands when nothing else varies, and the nominal run comes after it', async () => {
    const constant = variable('g', 'Values', { values: [9.81] });
    const definition = {
      ...saltelli,
      jobvariables: [constant, ...saltelli.jobvariables],
      includeNominalRun: true,
    };
    const layout = sensitivityLayout(definition)!;
    const found = await plan(definition);
    expect(found.count).toBe(layout.rows + 1);
    expect(found.values(layout.rows)).toEqual(['9.81', '0.5']);
  });

  it('is null where there is no such design, or where it is multiplied', () => {
    const other = variable('y', 'Values', { values: [1, 2] });
    const paramFile = { id: 'p' };
    expect(sensitivityLayout(VARIES_NOTHING)).toBeNull();
    expect(sensitivityLayout({ ...saltelli, paramFile })).toBeNull();
    expect(sensitivityLayout({ ...saltelli, jobvariables: [...saltelli.jobvariables, other] })).toBeNull();
  });
});
