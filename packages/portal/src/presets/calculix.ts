import type { Preset } from './preset.ts';

/** CalculiX CrunchiX: what it says of each iteration of a nonlinear increment, mechanical or thermal. */
export const calculix: Preset = {
  key: 'calculix',
  title: 'CalculiX',
  codes: ['calculix', 'ccx'],
  sign: /CalculiX Version/,
  lines: [
    /^ iteration\s+(?<next>\d+)\s*$/,
    /^ average force=\s*(?<average_force>[-+.\deE]+)/,
    /^ largest residual force=\s*(?<largest_residual_force>[-+.\deE]+)/,
    /^ largest increment of disp=\s*(?<largest_increment_of_displacement>[-+.\deE]+)/,
    /^ largest correction to disp=\s*(?<largest_correction_to_displacement>[-+.\deE]+)/,
    /^ largest residual flux=\s*(?<largest_residual_flux>[-+.\deE]+)/,
    /^ largest correction to temp=\s*(?<largest_correction_to_temperature>[-+.\deE]+)/,
  ],
  axis: { x: 'Iteration', y: 'Force, displacement', isLog: true },
};
