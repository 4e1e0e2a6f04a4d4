import { expect, test } from 'vitest';
import { usedCost } from './used-cost.ts';

const estimate = {
  amount: '33.6000',
  currency: 'EUR',
  formula: '2 cores x 3 slots x 336 h x 0.05 EUR per core hour',
};

test('usedCost() reckons the elapsed time with the numbers of the estimate', () => {
  expect(usedCost({ elapsedWalltimeSeconds: 1800, cost: { estimate } })).toEqual({
    amount: 0.15,
    currency: 'EUR',
    elapsedSeconds: 1800,
    formula: '30 min 00 s x 2 cores x 3 slots x 0.05 EUR per core-hour = 0.15 EUR',
  });
});

test('usedCost() says nothing where the platform does not tell time or price', () => {
  expect(usedCost({ elapsedWalltimeSeconds: null, cost: { estimate } })).toBeNull();
  expect(usedCost({ elapsedWalltimeSeconds: 1800, cost: { estimate: null } })).toBeNull();
  expect(usedCost({ elapsedWalltimeSeconds: 1800 } as never)).toBeNull();
});
