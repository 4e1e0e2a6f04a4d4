import type { Sensitivity } from '@quarry/sdk';
import { argument, choice, defineCommand, text } from '../../command.ts';
import type { Io } from '../../io.ts';
import { count, formatNumber } from '../../output/human.ts';
import { type Column, printTable } from '../../output/table.ts';

type Input = Sensitivity['inputs'][number];

const METHOD_WORDS: Record<Sensitivity['method'], string> = {
  sobol: "Sobol' indices, the parts of the variance that an input explains alone and together with others",
  morris:
    'Elementary effects by Morris: mu* says how much an input matters, sigma how much it depends on others',
  correlation: "Pearson's correlation, for dependences that are straight lines",
  'rank-correlation': "Spearman's rank correlation, for dependences that go one way",
};

export default defineCommand({
  details:
    'sobol needs a sweep with --sample saltelli:N, morris one with --sample morris:N; the correlations take any. ' +
    'Without --method: the best that the sweep allows. With --json: the object of the API.',
  arguments: { job: argument('<job>', 'id of a sweep') },
  options: {
    output: text('--output <name>', 'which output; may be left out where there is only one'),
    method: choice('--method <name>', 'how to tell', ['sobol', 'morris', 'correlation', 'rank-correlation']),
  },
  examples: [
    { command: 'quarry jobs sensitivity abcDEF --output Cd', says: 'Which inputs the drag depends on' },
    {
      command: 'quarry jobs sensitivity abcDEF --output Cd --method rank-correlation',
      says: 'By another method',
    },
  ],
  async run({ job, output, method }, { sdk, signal }) {
    const query = { ...(output !== undefined && { output }), ...(method !== undefined && { method }) };
    return sdk.jobs.sensitivity(job, { ...query, signal });
  },
  present(sensitivity, io) {
    const { method, output, runs, inputs, interactions = [] } = sensitivity;
    io.print(`${io.style('bold', output)} from ${count(runs, 'run')}. ${METHOD_WORDS[method]}.`);
    printTable(io, inputs, [
      { header: 'Input', value: ({ name }) => name, flexible: true },
      ...columnsOf[method](io),
    ]);
    if (interactions.length === 0) {
      return;
    }
    io.print('\nSecond order: what two inputs explain only together');
    printTable(io, interactions, [
      { header: 'Inputs', value: (pair) => pair.inputs.join(', '), flexible: true },
      { header: 'S2', value: ({ secondOrder }) => figure(secondOrder, io), align: 'right' },
      { header: '+/-', value: ({ secondOrderInterval }) => figure(secondOrderInterval, io), align: 'right' },
    ]);
  },
});

const columnsOf: Record<Sensitivity['method'], (io: Io) => Column<Input>[]> = {
  sobol: (io) => [
    column('S1', 'firstOrder', io),
    column('+/-', 'firstOrderInterval', io),
    column('ST', 'totalOrder', io),
    column('+/-', 'totalOrderInterval', io),
  ],
  morris: (io) => [
    column('mu*', 'muStar', io),
    column('+/-', 'muStarInterval', io),
    column('mu', 'mu', io),
    column('sigma', 'sigma', io),
  ],
  correlation: (io) => [column('r', 'coefficient', io), column('p', 'pValue', io)],
  'rank-correlation': (io) => [column('rho', 'coefficient', io), column('p', 'pValue', io)],
};

function column(header: string, name: Exclude<keyof Input, 'name'>, io: Io): Column<Input> {
  return { header, keepsCase: true, value: (input) => figure(input[name], io), align: 'right' };
}

function figure(value: number | null | undefined, io: Io): string {
  return value === null || value === undefined
    ? ''
    : formatNumber(value, io.width === undefined ? undefined : 4);
}
