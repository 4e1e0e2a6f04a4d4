/** One request, from sending to the last byte of a JSON answer. */
export const REQUEST_TIMEOUT_MS = 60_000;
/** Attempts after the first one. */
export const MAX_RETRIES = 4;
export const RETRY_FIRST_PAUSE_MS = 250;
export const RETRY_LONGEST_PAUSE_MS = 8_000;
/** A `Retry-After` beyond this is handed to the caller instead of being slept through. */
export const RETRY_AFTER_LONGEST_SECONDS = 120;
export const MAX_REDIRECTS = 5;
/** What is read of an error body; the rest is dropped. */
export const ERROR_BODY_BYTES = 256 * 1024;

export const WAIT_FIRST_INTERVAL_MS = 250;
export const WAIT_LONGEST_INTERVAL_MS = 10_000;
/** How long a job may show no status at all before waiting for it is refused. */
export const WAIT_FOR_FIRST_STATUS_MS = 10_000;
/** How long `wait` bears a platform that does not answer: the job goes on without it. */
export const WAIT_OUTAGE_MS = 5 * 60_000;

/** Connections of one transfer that is not told how many to use: with so many it begins, */
export const FIRST_STREAMS = 2;
/** and with so many it stops adding. */
export const MAX_STREAMS = 16;
