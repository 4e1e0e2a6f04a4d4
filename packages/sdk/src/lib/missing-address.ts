import { ApiError } from '../errors.ts';

/** A 404 with a code is our own word for what is not there; without one nothing answers at that address. */
export function isMissingAddress(error: unknown): boolean {
  if (!(error instanceof ApiError)) {
    return false;
  }
  return error.status === 405 || (error.status === 404 && error.code === null);
}
