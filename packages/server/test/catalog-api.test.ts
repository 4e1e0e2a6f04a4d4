import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Platform, startPlatform } from '../testing/start-platform.ts';

let platform: Platform;
beforeAll(async () => {
  platform = await startPlatform({ cores: 4 });
});
afterAll(async () => {
  await platform[Symbol.asyncDispose]();
});

const get = async (path: string) => (await platform.call('GET', `/api/v2/${path}`)).body;
const codes = async (path: string) =>
  (await get(path)).results.map(({ code }: { code: string }) => code) as string[];

test('core types say whether they can be had, and why not', async () => {
  const all = await codes('coretypes/?page_size=1000');
  const active = await codes('coretypes/?page_size=1000&isActive=True');
  const inactive = await codes('coretypes/?page_size=1000&isActive=0');
  expect([...active, ...inactive].sort()).toEqual(all.toSorted());
  expect(active).toEqual(expect.arrayContaining(['granite', 'quartz']));
  const { results } = await get('coretypes/?page_size=1000');
  for (const { code, isActive, unavailableReason } of results) {
    expect([code, isActive ? null : typeof unavailableReason]).toEqual([
      code,
      isActive ? unavailableReason : 'string',
    ]);
  }
});

test.each([
  ['coretypes', 'GRANI', ['granite']],
  ['coretypes', 'no such thing', []],
  ['analyses', 'bring your', expect.arrayContaining(['user_included'])],
  ['analyses', 'miniconda', ['miniconda']],
  ['analyses', '%', []],
])('%s are found by a part of name or code: %s', async (list, search, expected) => {
  expect(await codes(`${list}/?page_size=1000&search=${encodeURIComponent(search)}`)).toEqual(expected);
});

test('every core type that is active has a price, and the list of prices is bare', async () => {
  const prices = (await get('billing/computeprices/')) as Array<{ coreType: string; planType: string }>;
  for (const code of await codes('coretypes/?page_size=1000&isActive=true')) {
    const plans = prices.filter((each) => each.coreType === code).map((each) => each.planType);
    expect(plans.some((plan) => plan.endsWith('on-demand'))).toBe(true);
    expect(plans.length).toBeGreaterThan(1);
  }
});

test('every version names only core types that are listed', async () => {
  const listed = await codes('coretypes/?page_size=1000');
  const { results } = await get('analyses/?page_size=1000');
  for (const { versions } of results) {
    for (const { allowedCoreTypes } of versions) {
      expect(listed).toEqual(expect.arrayContaining(allowedCoreTypes));
    }
  }
});

test('a software that is not here is a 404 that says where the list is', async () => {
  const { status, body } = await platform.call('GET', '/api/v2/analyses/nastran/');
  expect([status, body.detail]).toEqual([404, expect.stringContaining('analyses/')]);
});
