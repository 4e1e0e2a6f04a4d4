import { expect, test } from 'vitest';
import { invalidFields, refused } from '../problems.ts';
import { StorageFullError } from '../storage/storage.ts';
import { failureOf } from './failure-of.ts';

test('a full disk is said in words, whoever met it', () => {
  const full = {
    code: 'storage_full',
    message: expect.stringContaining('no space'),
    hint: expect.any(String),
  };
  for (const error of [new StorageFullError('x'), Object.assign(new Error('x'), { code: 'ENOSPC' })]) {
    expect(failureOf(error)).toEqual({ failure: full, isExpected: true });
  }
});

test('a refusal keeps its words, field by field where it has no sentence', () => {
  const sentence = refused('It is too warm.', { code: 'too_warm', hint: 'Open a window.' });
  expect(failureOf(sentence).failure).toEqual({
    ...{ code: 'too_warm', message: 'It is too warm.', hint: 'Open a window.' },
  });
  expect(failureOf(invalidFields({ files: ['No.'] })).failure.message).toBe('{"files":["No."]}');
});

test('what nobody expected is not shown to users', () => {
  const { failure, isExpected } = failureOf(new Error('/data/quarry/secret: EACCES'));
  expect([isExpected, failure.code, JSON.stringify(failure).includes('secret')]).toEqual([
    ...[false, 'internal_error', false],
  ]);
});
