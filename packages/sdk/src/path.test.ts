import { expect, test } from 'vitest';
import { fillPath, formatQuery } from './path.ts';

test('fillPath() encodes each value as one segment', () => {
  expect(fillPath('/jobs/:jobId/', { jobId: 'a/b?c#d é' })).toBe('/jobs/a%2Fb%3Fc%23d%20%C3%A9/');
});

test('fillPath() keeps the slashes of a path', () => {
  expect(fillPath('/tail/*', { '*': 'shared/log file.txt' })).toBe('/tail/shared/log%20file.txt');
});

test.each(['', '.', '..', undefined, null, {}])('fillPath() refuses %j and names the culprit', (jobId) => {
  expect(() => fillPath('/jobs/:jobId/', { jobId })).toThrow('"jobId" is');
});

test.each(['', '/etc/passwd', '../x', 'a/./b', 'a//b', 'a/..'])('fillPath() refuses the path %j', (path) => {
  expect(() => fillPath('/tail/*', { '*': path })).toThrow('"*" is');
});

test('formatQuery() leaves out what is not given', () => {
  expect(formatQuery({ search: 'a b', page: 2, all: undefined, none: null, flag: true })).toBe(
    '?search=a+b&page=2&flag=true',
  );
  expect(formatQuery(undefined)).toBe('');
});
