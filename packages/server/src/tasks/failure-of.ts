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
  if (error instanceof StorageFullError || meansStorageFull(error)) {
    return failureOf(storageFull(error));
  }
  if (!(error instanceof Problem)) {
    return { failure: UNEXPECTED, isExpected: false };
  }
  const { code, detail, fields, hint } = error;
  const message = detail ?? JSON.stringify(fields);
  return { failure: { code: code ?? 'invalid', message, hint: hint ?? '' }, isExpected: true };
}
