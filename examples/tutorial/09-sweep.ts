/**
 * 9. A sweep: one job, many runs. How far does a ball fly, thrown at any angle, and what does that depend on?
 *
 * The model is a small awk program, which every Unix has, so that any platform can run it.
 */
import { type JobVariableDefinition, toRecords } from '@quarry/sdk';
import { connect, uploadPath } from '@quarry/sdk/node';

const platform = await connect();
const upload = async (name: string) => {
  const { id } = await uploadPath(platform, `${import.meta.dirname}/sweep_inputs/${name}`);
  return { id };
};
const files = {
  model: await upload('throw.awk'),
  // Says `angle ${angle}` and the like: each run gets it with the numbers of its own.
  template: await upload('throw.txt'),
  // Prints `range<TAB>88.2` and the like: what it prints becomes results of the run.
  results: await upload('throw-results.sh'),
};

const tile = {
  analysis: { code: 'user_included', version: '0' },
  command: 'awk -f throw.awk throw.txt > flight.tsv',
  // Slots are runs at the same time, each with cores of its own. A small host gives fewer and says so on the job.
  hardware: { coreType: 'quartz', coresPerSlot: 1, slots: 2, walltime: 1 },
  inputFiles: [files.model],
  templateTasks: [{ templateFile: files.template, processedFilename: 'throw.txt' }],
  postProcessScript: files.results,
  postProcessScriptCommand: 'sh throw-results.sh',
};

// Where the values of a variable come from.
type Generator = Pick<JobVariableDefinition, 'valueGeneratorType' | 'valueGeneratorSettings'>;
const steps = (minvalue: number, maxvalue: number, increment: number): Generator => ({
  valueGeneratorType: 'FixedRange',
  valueGeneratorSettings: { minvalue, maxvalue, increment },
});
const value = (only: number): Generator => ({
  valueGeneratorType: 'Values',
  valueGeneratorSettings: { values: [only] },
});
// The seed draws the same values again; without one the platform takes any, and shows it in the job.
const uniform = (minvalue: number, maxvalue: number): Generator => ({
  valueGeneratorType: 'Uniform',
  valueGeneratorSettings: { minvalue, maxvalue, seed: 1 },
});
const variables = (generators: Record<string, Generator>): JobVariableDefinition[] =>
  Object.entries(generators).map(([name, generator], displayOrder) => ({
    name,
    variableType: 'Param',
    displayOrder,
    ...generator,
  }));

// Every angle with every drag: 11 x 2 runs. The list of runs has all of them before the first one begins.
const grid = await platform.jobs.create({
  name: 'Tutorial: a grid of throws',
  jobanalyses: [tile],
  jobvariables: variables({ angle: steps(20, 70, 5), speed: value(30), drag: steps(0, 0.01, 0.01) }),
});
console.log(`Expected runs: ${grid.expectedRuns}`);
await platform.jobs.submit(grid.id);
const { outcome, failure } = await platform.jobs.wait(grid.id);
console.log(`Outcome: ${outcome}`);
if (outcome !== 'success') {
  throw new Error(failure?.message);
}

// A run has its inputs first and then its results among its variables.
const first = await platform.jobs.getRun(grid.id, '1');
for (const { name, value } of first.variables) {
  console.log(`Run 1: ${name} = ${value}`);
}
const outputs = await platform.jobs.runFiles(grid.id, '1').all();
console.log(`Files of run 1: ${outputs.map(({ name }) => name).join(', ')}`);

// The whole sweep as one table, in one call. `downloadResults` gives it as CSV or Parquet for other programs.
const rows = toRecords(await platform.jobs.results(grid.id)).map(({ inputs, outputs }) => ({
  angle: Number(inputs.angle),
  drag: Number(inputs.drag),
  range: Number(outputs.range),
}));
console.table(rows);
for (const drag of new Set(rows.map((row) => row.drag))) {
  const best = rows.filter((row) => row.drag === drag).reduce((a, b) => (b.range > a.range ? b : a));
  console.log(
    `With a drag of ${drag} the ball flies farthest at ${best.angle} degrees: ${best.range.toFixed(1)} m`,
  );
}
// Without drag the book says speed squared by g, at 45 degrees.
console.log(`From the book, without drag: ${(30 ** 2 / 9.81).toFixed(1)} m at 45 degrees`);

// A run can be executed again, alone, also long after the end: its outputs are replaced, the attempt is counted.
await platform.jobs.rerun(grid.id, { runs: ['1'] });
await platform.jobs.wait(grid.id);
console.log(`Attempts of run 1: ${(await platform.jobs.getRun(grid.id, '1')).attempt}`);

// Random throws: which of the three inputs matters most?
const random = await platform.jobs.create({
  name: 'Tutorial: random throws',
  jobanalyses: [tile],
  jobvariables: variables({ angle: uniform(10, 40), speed: uniform(20, 30), drag: uniform(0, 0.02) }),
  monteCarloIterations: 60,
});
await platform.jobs.submit(random.id);
console.log(`Outcome: ${(await platform.jobs.wait(random.id)).outcome}`);
const { inputs } = await platform.jobs.sensitivity(random.id, {
  output: 'range',
  method: 'rank-correlation',
});
for (const { name, coefficient, pValue } of inputs) {
  console.log(
    `Rank correlation of the range with ${name}: ${coefficient?.toFixed(2)} (p = ${pValue?.toPrecision(1)})`,
  );
}

for (const { id } of [grid, random]) {
  await platform.jobs.delete(id);
}
for (const { id } of Object.values(files)) {
  await platform.files.delete(id);
}
console.log(`Deleted jobs ${grid.id} and ${random.id}`);
