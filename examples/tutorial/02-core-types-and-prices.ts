/** 2. Core types and prices: pages of a list, and the least expensive hardware for a small job. */
import { connect } from '@quarry/sdk/node';

const platform = await connect();

// A list comes in pages: the first one tells how many items there are, and where the next one is.
const coreTypes = platform.coreTypes.list();
const firstPage = await coreTypes.page();
console.log(`Count: ${firstPage.count}; Length: ${firstPage.results.length}`);
console.log(`Next page: ${firstPage.next}`);
console.dir(firstPage.results[0], { depth: null });

// Nobody has to follow the pages by hand: `for await` goes through all of them.
const generalCoreTypes = new Map<string, { cores: number[]; processorInfo: string }>();
let length = 0;
for await (const { code, cores, processorInfo, categoryCodes } of coreTypes) {
  length += 1;
  if (categoryCodes.includes('general')) {
    generalCoreTypes.set(code, { cores, processorInfo });
  }
}
console.log(`Length: ${length}`);
console.dir(Object.fromEntries(generalCoreTypes), { depth: null });

// On-demand economy prices for Linux, of the general purpose core types only.
const prices = await platform.prices.list().all();
console.dir(prices.at(-1), { depth: null });
const candidates = prices.filter(
  ({ coreType, planType, os, isActive }) =>
    planType.endsWith('on-demand') && os === 'linux' && isActive && generalCoreTypes.has(coreType),
);
const [cheapest] = candidates.toSorted((a, b) => Number(a.value.amount) - Number(b.value.amount));
if (cheapest === undefined) {
  throw new Error('This platform has no on-demand price for a general purpose core type.');
}
console.log(
  `Lowest price coretype: ${cheapest.coreType} at ${cheapest.value.amount} ${cheapest.value.currency}`,
);
