import { expect, test } from 'vitest';
import { fromList, parseSearch, stringifySearch, toList } from './search.ts';

test('what is written into an address is read from it again, as text', () => {
  const search = { q: 'wing & "sweep" +1', state: 'executing', page: '2', flag: 'true' };
  expect(parseSearch(stringifySearch(search))).toEqual(search);
});

test('what is not chosen is not in the address', () => {
  expect(stringifySearch({ q: '', state: undefined, sort: null })).toBe('');
  expect(stringifySearch({ q: 'x', state: undefined })).toBe('?q=x');
});

test('of what may be chosen several times all is in the address, of anything else the last', () => {
  const search = { path: fromList(['a.csv', 'dir/b, c.csv'])!, view: 'chart' };
  expect(stringifySearch(search)).toBe('?path=a.csv&path=dir%2Fb%2C+c.csv&view=chart');
  expect(toList(parseSearch('?path=a.csv&path=b.csv&view=text&view=chart').path)).toEqual(['a.csv', 'b.csv']);
  expect(parseSearch('?view=text&view=chart&constructor=x')).toEqual({ view: 'chart', constructor: 'x' });
  expect(toList(undefined)).toEqual([]);
  expect(fromList([])).toBe(undefined);
});
