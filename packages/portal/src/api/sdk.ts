import { Quarry } from '@quarry/sdk';
import { sessionFetch } from './session.ts';

/** Repeats within a call; longer outages are the connection's to sit out. */
const MAX_RETRIES = 1;
const TIMEOUT_MS = 30_000;

/** The platform that this page came from, as whoever is signed in. */
export const quarry = new Quarry({
  baseUrl: location.origin,
  fetch: sessionFetch,
  maxRetries: MAX_RETRIES,
  timeoutMs: TIMEOUT_MS,
});
