import type { Preset } from './preset.ts';

/** The solvers of OpenFOAM, of both lines: `Time = 1` or `Time = 1s`, then a line for each equation that is solved. */
export const openfoam: Preset = {
  key: 'openfoam',
  title: 'OpenFOAM',
  codes: ['openfoam', 'openfoam_org', 'openfoam_plus', 'openfoam_esi'],
  sign: /OpenFOAM|^Build {2}: /m,
  lines: [
    /^Time = (?<step>[-+.\deE]+)s?\s*$/,
    /Solving for (?<series>[\w.:]+), Initial residual = (?<value>[-+.\deE]+), Final residual/,
  ],
  axis: { x: 'Time', y: 'Initial residual', isLog: true },
};
