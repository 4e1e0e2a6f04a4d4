import { defineCommand } from '../command.ts';
import { printTable } from '../output/table.ts';

export default defineCommand({
  details: 'Amounts are per core and hour. Plans ending in on-demand are the economy plan (low priority).',
  examples: [
    { command: 'quarry prices', says: 'All prices, cheapest first' },
    { command: 'quarry prices --json', says: 'The same for a program' },
  ],
  async run(_options, { sdk, signal }) {
    const prices = await sdk.prices.list({ signal }).all();
    return prices
      .filter(({ isActive }) => isActive !== false)
      .toSorted((one, other) => Number(one.value.amount) - Number(other.value.amount));
  },
  present(prices, io) {
    printTable(io, prices, [
      { header: 'Core type', value: ({ coreType }) => coreType, style: () => 'bold' },
      { header: 'Plan', value: ({ planType }) => planType },
      { header: 'System', value: ({ os }) => os },
      { header: 'Amount', value: ({ value }) => value.amount, align: 'right' },
      { header: 'Currency', value: ({ value }) => value.currency },
    ]);
  },
});
