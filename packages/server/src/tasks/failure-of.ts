import type { Failure } from '@quarry/contract';
import { meansStorageFull, Problem, storageFull } from '../problems.ts';
import { StorageFullError } from '../storage/storage.ts';

const UNEXPECTED: Failure = {
  code: 'internal_error',
  message: 'The platform could not do it.',
  hint: 'Whoever runs it finds the reason in its log, by the id of the task.',
};

/** Why a task has failed, in words for whoever began it; `isExpected` where they are all there is to know. */
export function failureOf(error: unknown): { failure: Failure; isExpected: boolean } {
  const problem = problemOf(error);
  if (problem === null) {
    return { failure: UNEXPECTED, isExpected: false };
  }
  const { code, detail, fields, hint } = problem;
  const message = detail ?? JSON.stringify(fields);
  return { failure: { code: code ?? 'invalid', message, hint: hint ?? '' }, isExpected: true };
}

function problemOf(error: unknown): Problem | null {
  // First: one that tells of a full disk has what met it as its cause.
  if (error instanceof Problem) {
    return error;
  }
  return error instanceof StorageFullError || meansStorageFull(error) ? storageFull(error) : null;
}
