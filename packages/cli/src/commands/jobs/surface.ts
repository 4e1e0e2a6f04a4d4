import type { ResponseSurface } from '@quarry/sdk';
import { argument, defineCommand, flag, integer, text } from '../../command.ts';
import { count, formatNumber } from '../../output/human.ts';
import { printFields, printTable } from '../../output/table.ts';

export default defineCommand({
  details:
    'Fits a polynomial of the inputs to an output by least squares, in the units of both. With --json: the object of ' +
    'the API.',
  arguments: { job: argument('<job>', 'id of a sweep') },
  options: {
    output: text('--output <name>', 'which output; may be left out where there is only one'),
    degree: integer('--degree <n>', 'highest power, 1 to 3'),
    interactions: flag('--no-interactions', 'without products of different inputs'),
  },
  examples: [
    { command: 'quarry jobs surface abcDEF --output Cd --degree 2', says: 'A quadratic of all inputs' },
    {
      command: 'quarry jobs surface abcDEF --output Cd --json | jq .terms',
      says: 'Its terms, for a program',
    },
  ],
  async run({ job, output, degree, interactions }, { sdk, signal }) {
    return sdk.jobs.responseSurface(job, {
      signal,
      ...(output !== undefined && { output }),
      ...(degree !== undefined && { degree }),
      ...(!interactions && { interactions: false }),
    });
  },
  present(surface, io) {
    const { output, degree, runs, terms } = surface;
    const digits = io.width === undefined ? undefined : 6;
    const figure = (value: number | null) => (value === null ? null : formatNumber(value, digits));
    io.print(`${io.style('bold', output)} as a polynomial of degree ${degree}, from ${count(runs, 'run')}`);
    printTable(io, terms, [
      { header: 'Term', value: wordsOf, flexible: true },
      { header: 'Coefficient', value: ({ coefficient }) => figure(coefficient), align: 'right' },
      { header: 'Std. error', value: ({ standardError }) => figure(standardError), align: 'right' },
    ]);
    io.print();
    printFields(io, [
      ['R squared', figure(surface.rSquared)],
      ['Adjusted', figure(surface.adjustedRSquared)],
      ['Error (RMS)', figure(surface.rootMeanSquareError)],
    ]);
  },
});

function wordsOf({ powers }: ResponseSurface['terms'][number]): string {
  const factors = Object.entries(powers).map(([name, power]) => (power === 1 ? name : `${name}^${power}`));
  return factors.length === 0 ? 'constant' : factors.join(' ');
}
