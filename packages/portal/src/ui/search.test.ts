import { expect, test } from 'vitest';
import { parseSearch, stringifySearch } from './search.ts';

test('what is written into an address is read from it again, as text', () => {
  const search = { q: 'wing & "sweep" +1', state: 'executing', page: '2', flag: 'true' };
  expect(parseSearch(stringifySearch(search))).toEqual(search);
});

test('what is not chosen is not in the address', () => {
  expect(stringifySearch({ q: '', state: undefined, sort: null })).toBe('');
  expect(stringifySearch({ q: 'x', state: undefined })).toBe('?q=x');
});
