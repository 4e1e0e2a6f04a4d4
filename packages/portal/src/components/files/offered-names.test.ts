import { expect, test } from 'vitest';
import { MOST_OFFERED, offeredNames } from './offered-names.ts';

const names = Array.from({ length: 100_000 }, (_, index) => `out/step-${index}.png`);

test('of very many files some are offered, and any is found by typing', () => {
  expect(offeredNames(names, '', null)).toEqual(names.slice(0, MOST_OFFERED));
  expect(offeredNames(names, ' STEP-99999 ', null)).toEqual(['out/step-99999.png']);
  expect(offeredNames(names, 'nothing', null)).toEqual([]);
});

test('what is chosen is offered whatever is typed, and is not looked for while it stands in the field', () => {
  const chosen = 'out/step-70000.png';
  expect(offeredNames(names, chosen, chosen)).toEqual([chosen, ...names.slice(0, MOST_OFFERED - 1)]);
  expect(offeredNames(names, 'step-99999', chosen)).toEqual([chosen, 'out/step-99999.png']);
});
