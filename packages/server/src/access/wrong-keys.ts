export interface WrongKeysOptions {
  /** Wrong keys of one address within a window that get the plain answer. */
  most: number;
  windowSeconds: number;
  /** Addresses that are remembered at once. */
  addresses: number;
  /** Milliseconds on a clock that never goes back. */
  now?: () => number;
}

interface Window {
  wrong: number;
  endsAt: number;
}

/**
 * Counts wrong keys by the address that they came from. Keys are looked up all the same, so a right one is never
 * kept waiting, whoever else shares its address (decisions/019).
 */
export class WrongKeys {
  readonly #options: Required<WrongKeysOptions>;
  /** In the order in which they end, since all are of one length. */
  readonly #windows = new Map<string, Window>();

  constructor(options: WrongKeysOptions) {
    this.#options = { now: () => performance.now(), ...options };
  }

  /**
   * Notes a wrong key. Answers null while the address may go on, else what it is to be told; `isNew` says that it has
   * just come to that.
   */
  note(address: string): { retryAfterSeconds: number; isNew: boolean } | null {
    const { most, windowSeconds, now } = this.#options;
    const at = now();
    this.#forgetBefore(at);
    const window = this.#windows.get(address) ?? this.#open(address, at + windowSeconds * 1000);
    window.wrong += 1;
    if (window.wrong <= most) {
      return null;
    }
    return { retryAfterSeconds: Math.ceil((window.endsAt - at) / 1000), isNew: window.wrong === most + 1 };
  }

  #open(address: string, endsAt: number): Window {
    const oldest = this.#windows.keys().next();
    if (this.#windows.size >= this.#options.addresses && !oldest.done) {
      this.#windows.delete(oldest.value);
    }
    const window = { wrong: 0, endsAt };
    this.#windows.set(address, window);
    return window;
  }

  #forgetBefore(at: number): void {
    for (const [address, { endsAt }] of this.#windows) {
      if (endsAt > at) {
        return;
      }
      this.#windows.delete(address);
    }
  }
}
