import type { Generator } from './draft.ts';
import { agreed, agreedInteger, agreedSeed, allSound, fits, readDistributions } from './joint.ts';
import type { SaltelliLayout } from './layout.ts';
import { SOBOL_DIMENSIONS, scrambledSobol } from './sobol.ts';

/**
 * The rows of each base sample are A, then A with one variable from B for each variable, then (with second order) B
 * with one variable from A for each variable, then B: the order of SALib.
 */
function saltelliLayout(variables: string[], samples: number, secondOrder: boolean): SaltelliLayout {
  const dimensions = variables.length;
  const rowsPerSample = (secondOrder ? 2 : 1) * dimensions + 2;
  return {
    kind: 'Saltelli',
    variables,
    samples,
    secondOrder,
    rowsPerSample,
    rows: samples * rowsPerSample,
    a: (sample) => sample * rowsPerSample,
    b: (sample) => (sample + 1) * rowsPerSample - 1,
    ab: (sample, variable) => sample * rowsPerSample + 1 + variable,
    ba: (sample, variable) => sample * rowsPerSample + 1 + dimensions + variable,
  };
}

/**
 * The design for Sobol' indices: A. Saltelli et al., Variance based sensitivity analysis of model output, Computer
 * Physics Communications 181 (2010) 259-270. A and B are the halves of a scrambled Sobol' sequence of twice the
 * dimensions.
 */
export const saltelli: Generator = (members, { maxRows }) => {
  const parts = readDistributions(members, ['count', 'secondOrder', 'seed']);
  const samples = agreedInteger(members, 'count', 1, maxRows);
  const secondOrder = agreed(members, 'secondOrder', (settings) => settings.boolean('secondOrder')) ?? false;
  const seed = agreedSeed(members);
  const distributions = fits(members, SOBOL_DIMENSIONS / 2) ? allSound(members, parts) : null;
  if (!distributions || samples === undefined) {
    return null;
  }

  const dimensions = members.length;
  const names = members.map(({ variable }) => variable.name);
  const layout = saltelliLayout(names, samples, secondOrder);
  const { rowsPerSample } = layout;
  return {
    members,
    count: layout.rows,
    layout,
    build: () => {
      const sequence = scrambledSobol(2 * dimensions, seed);
      return (row, member) => {
        const place = row % rowsPerSample;
        const sample = (row - place) / rowsPerSample;
        const fromB = isFromB(place, member, dimensions, rowsPerSample);
        return distributions[member]!.quantile(sequence(sample, fromB ? dimensions + member : member));
      };
    },
    centre: (member) => distributions[member]!.centre,
  };
};

/** Whether a variable is taken from B in the row at `place` among those of its sample. */
function isFromB(place: number, member: number, dimensions: number, rowsPerSample: number): boolean {
  if (place === rowsPerSample - 1) {
    return true;
  }
  if (place <= dimensions) {
    return place === member + 1;
  }
  return place !== dimensions + member + 1;
}
