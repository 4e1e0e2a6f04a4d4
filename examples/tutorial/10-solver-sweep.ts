/**
 * 10. A sweep of a real solver by one command: the elliptic membrane in CalculiX, with three pressures and three
 * thicknesses. Needs CalculiX on the platform (Debian: calculix-ccx).
 *
 * Test LE1 in: NAFEMS, "The Standard NAFEMS Benchmarks", TNSB Rev. 3, 5 October 1990. A plate of 0.1 m whose outer
 * edge is pulled by a pressure of 10 MPa; the target is the stress sigma_yy = 92.7 MPa at the point D.
 *
 * Writes membrane.csv, the table, and membrane.svg, a plot of it, to the current directory.
 */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type ResultsTable, toRecords } from '@quarry/sdk';
import { connect } from '@quarry/sdk/node';
import { plotMembrane } from './sweep_inputs/plot-membrane.ts';

const TARGET = { pressure: 10, thickness: 0.1, stress: 92.7 };
/** Of the outer edge seen from above, in metres: what the pressure pulls upwards. */
const WIDTH = 3.25;

const platform = await connect();
const software = await platform.analyses.list().all();
if (!software.some(({ code }) => code === 'calculix')) {
  throw new Error(
    'This platform has no CalculiX: install it there (apt install calculix-ccx) and start again.',
  );
}

// The same in a shell: what is printed here can be typed there, in the folder sweep_inputs.
const sweep = [
  ...['sweep', '--name', 'Tutorial: the elliptic membrane', '--analysis', 'calculix'],
  ...['--param', 'pressure=5:15:5', '--param', 'thickness=0.05:0.15:0.05', '--slots', '2', '--walltime', '1'],
  // Each run gets its own membrane.inp. Before the solver a script writes the mesh, after it another one prints
  // `stress_d<TAB>93.4` and the like, which become the outputs of the run.
  ...['--template', 'membrane.inp=membrane.inp', '--pre', 'mesh.sh', '--post', 'membrane-results.sh'],
  'ccx -i membrane',
];
console.log(`quarry ${sweep.map((word) => (/^[\w./:=-]+$/.test(word) ? word : `'${word}'`)).join(' ')}`);

// In a program: --json instead of the table for people.
const printed = execFileSync(
  process.execPath,
  [
    fileURLToPath(import.meta.resolve('../../packages/cli/bin/quarry.js')),
    ...sweep,
    ...['--csv', `${process.cwd()}/membrane.csv`, '--json', '--quiet'],
  ],
  { cwd: `${import.meta.dirname}/sweep_inputs`, encoding: 'utf8' },
);
const { id, results } = JSON.parse(printed) as { id: string; results: ResultsTable };

const runs = toRecords(results).map(({ inputs, outputs }) => ({
  pressure: Number(inputs.pressure),
  thickness: Number(inputs.thickness),
  stress: Number(outputs.stress_d),
  reaction: Number(outputs.reaction),
}));
console.log('Pressure and stress at D in MPa, thickness in m, reaction at the x axis in MN:');
console.table(runs);

// The stress is proportional to the pressure, and the support holds what the pressure pulls.
for (const { pressure, thickness, stress, reaction } of runs) {
  const stressOff = off(stress, (TARGET.stress * pressure) / TARGET.pressure);
  const reactionOff = off(reaction, pressure * WIDTH * thickness);
  console.log(
    `${pressure} MPa, ${thickness} m: stress ${percent(stressOff)} off the target, reaction ${percent(reactionOff)} off equilibrium`,
  );
  if (stressOff > 0.02 || reactionOff > 0.001) {
    throw new Error('This is not the solution of the benchmark.');
  }
}

writeFileSync('membrane.svg', plotMembrane(runs, TARGET));
console.log('Wrote membrane.csv and membrane.svg');

// A job does not own its inputs, so they are deleted by themselves.
const { jobanalyses } = await platform.jobs.get(id);
await platform.jobs.delete(id);
for (const { templateTasks, preProcessScript, postProcessScript } of jobanalyses) {
  const templates = templateTasks.map(({ templateFile }) => templateFile);
  for (const file of [...templates, preProcessScript, postProcessScript]) {
    if (file) {
      await platform.files.delete(file.id);
    }
  }
}
console.log(`Deleted job ${id}`);

function off(value: number, expected: number): number {
  return Math.abs(value - expected) / expected;
}

function percent(part: number): string {
  return `${(100 * part).toFixed(2)} %`;
}
