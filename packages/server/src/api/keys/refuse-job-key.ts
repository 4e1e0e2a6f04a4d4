import type { Caller } from '../../access/caller.ts';
import { forbidden } from '../../problems.ts';

/** A job's key must not make keys that outlive the job. */
export function refuseJobKey(caller: Caller): Extract<Caller, { kind: 'user' }> {
  if (caller.kind === 'user') {
    return caller;
  }
  throw forbidden('The key of a job cannot manage keys.', 'Use a key of your own.');
}
