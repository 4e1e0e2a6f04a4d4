/** The longest delay that setTimeout keeps; a longer one would fire at once. */
const LONGEST_DELAY_MS = 2 ** 31 - 1;

/** Calls back after `delayMs`, however long that is. */
export function startTimer(delayMs: number, callback: () => void): void {
  const endsAt = performance.now() + delayMs;
  const arm = () => {
    const leftMs = endsAt - performance.now();
    setTimeout(() => (leftMs > LONGEST_DELAY_MS ? arm() : callback()), Math.min(leftMs, LONGEST_DELAY_MS));
  };
  arm();
}
