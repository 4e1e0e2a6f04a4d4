/**
 * Keys that let a platform tell a repeated request from a second one. A request that carries one may be sent again
 * after a lost answer, provided the platform says that it minds them (`idempotencyKeys` of `GET server/`): others
 * ignore the header and would make a second job.
 */
import type { CallOptions } from './call-options.ts';

export interface KeyedCallOptions extends CallOptions {
  /**
   * Names the one thing that this call asks for: the same key again, from this program or from its next start, gets
   * the answer of the first call instead of a second job or file. Made up for each call when absent.
   */
  idempotencyKey?: string;
}

export const IDEMPOTENCY_HEADER = 'idempotency-key';

const KEY_BYTES = 16;

/**
 * The key of one logical call. None is made up in a page of another origin: its browser would ask the platform
 * whether it allows the header, and a platform that does not know it says no.
 */
export function keyOf(given: string | undefined, baseUrl: string): string | undefined {
  if (given !== undefined) {
    return given;
  }
  const page = (globalThis as { location?: { origin: string } }).location;
  if (page !== undefined && page.origin !== new URL(baseUrl).origin) {
    return undefined;
  }
  // `randomUUID` is missing in pages that come over plain HTTP.
  const bytes = crypto.getRandomValues(new Uint8Array(KEY_BYTES));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
