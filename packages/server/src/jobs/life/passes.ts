/** Passes over something that changes while they are under way: one at a time, and another one after it when somebody asked. */
export class Passes implements AsyncDisposable {
  readonly #pass: () => Promise<boolean>;
  readonly #retryMs: number;
  #underWay: Promise<void> | null = null;
  #isAskedAgain = false;
  #isClosed = false;
  #retry: NodeJS.Timeout | undefined;

  /** `pass` never rejects; when it answers false it is tried again after a while. */
  constructor(pass: () => Promise<boolean>, { retryMs }: { retryMs: number }) {
    this.#pass = pass;
    this.#retryMs = retryMs;
  }

  /** Asks for a pass that begins after this moment. */
  ask(): void {
    if (this.#isClosed) {
      return;
    }
    if (this.#underWay) {
      this.#isAskedAgain = true;
      return;
    }
    this.#underWay = this.#pass()
      .then((isDone) => {
        if (!isDone) {
          clearTimeout(this.#retry);
          this.#retry = setTimeout(() => this.ask(), this.#retryMs);
        }
      })
      .finally(() => {
        this.#underWay = null;
        if (this.#isAskedAgain) {
          this.#isAskedAgain = false;
          this.ask();
        }
      });
  }

  /** Resolves when the pass under way is over; no other one begins. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    await this.#underWay;
    clearTimeout(this.#retry);
  }
}
