/** The longest delay that setTimeout keeps; a longer one would fire at once. */
const LONGEST_DELAY_MS = 2 ** 31 - 1;

/** Calls back after `delayMs`, however long that is, unless it is disposed of before. */
export function startTimer(delayMs: number, callback: () => void): Disposable {
  const endsAt = performance.now() + delayMs;
  let timer: NodeJS.Timeout;
  const arm = () => {
    const leftMs = endsAt - performance.now();
    timer = setTimeout(
      () => (leftMs > LONGEST_DELAY_MS ? arm() : callback()),
      Math.min(leftMs, LONGEST_DELAY_MS),
    );
  };
  arm();
  return { [Symbol.dispose]: () => clearTimeout(timer) };
}
