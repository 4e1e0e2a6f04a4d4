import { expect, test } from 'vitest';
import {
  conflict,
  forbidden,
  invalidFields,
  notFound,
  Problem,
  storageFull,
  tooManyRequests,
  unauthenticated,
} from '../../problems.ts';
import { methodNotAllowed, unsatisfiableRange } from '../http-problems.ts';
import { answerProblem } from './rescale.ts';

test('what is wrong with fields is the whole body', () => {
  const fields = { jobs: [{}, { name: ['This field is required.'] }] };
  expect(answerProblem(invalidFields(fields))).toEqual({ status: 400, headers: {}, body: fields });
});

test('what is wrong as a whole has a sentence, a code and a hint', () => {
  const { status, body } = answerProblem(conflict('It is under way.', { code: 'under_way', hint: 'Wait.' }));
  expect(status).toBe(409);
  expect(body).toEqual({ detail: 'It is under way.', code: 'under_way', hint: 'Wait.' });
  expect(answerProblem(new Problem('gone', 'It was.', { code: 'gone' })).body).toEqual({
    detail: 'It was.',
    code: 'gone',
  });
});

test.each([
  [unauthenticated('Who?', 'Say so.'), 401, { 'www-authenticate': 'Token' }],
  [forbidden('No.', 'Ask.'), 403, {}],
  [notFound(), 404, {}],
  [methodNotAllowed('PUT', ['GET', 'HEAD']), 405, { allow: 'GET, HEAD' }],
  [unsatisfiableRange('bytes=9-', 4), 416, { 'content-range': 'bytes */4', 'accept-ranges': 'bytes' }],
  [tooManyRequests('Enough.', { retryAfterSeconds: 3, hint: 'Wait.' }), 429, { 'retry-after': '3' }],
  [storageFull(), 507, {}],
])('%s is answered with its status and headers', (problem, status, headers) => {
  expect(answerProblem(problem)).toMatchObject({ status, headers });
});

test.each([
  ['refused', 400],
  ['too_large', 413],
  ['key_reused', 422],
  ['locked', 423],
  ['damaged', 500],
  ['busy', 503],
] as const)('a problem of the kind %s has the status %i', (kind, status) => {
  expect(answerProblem(new Problem(kind, 'So it is.', { code: kind })).status).toBe(status);
});
