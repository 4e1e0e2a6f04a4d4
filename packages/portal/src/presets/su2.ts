import type { Preset } from './preset.ts';

/** SU2 CFD: a table on the screen whose residuals are logarithms already. */
export const su2: Preset = {
  key: 'su2',
  title: 'SU2',
  codes: ['su2', 'su2_cfd'],
  sign: /Suite \(Computational Fluid Dynamics Code\)|The SU2 (?:Project|Foundation)/,
  lines: [
    /^\|(?<columns>\s*(?:Inner_Iter|Outer_Iter|Time_Iter|Iter)\s*\|.*)\|\s*$/,
    /^\|(?<cells>\s*\d+\s*\|(?:\s*[-+.\deE]+\s*\|)*\s*[-+.\deE]+\s*)\|\s*$/,
  ],
  axis: { x: 'Iteration', y: 'Residual (log10), coefficients', isLog: false },
  shown: /^(?:rel)?(?:rms|max|bgs)\[/,
};
