import { readFileSync } from 'node:fs';

/**
 * The host's monotonic clock in milliseconds: for all processes the same until the next boot, whatever is done to the wall clock,
 * and still while the host is suspended.
 */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint() / 1000n) / 1000;
}

/** Tells one boot of the host from another; null where the host does not say. */
export function readBootId(): string | null {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return null;
  }
}
