/** Work under a name is done one after another, in the order in which it was asked for; other names do not wait. */
export class Turns {
  readonly #last = new Map<string, Promise<unknown>>();

  /** Does the work after all that was asked for before under the same name, whatever became of that. */
  take<Result>(name: string, work: () => Promise<Result>): Promise<Result> {
    const turn = (this.#last.get(name) ?? Promise.resolve()).then(work, work);
    this.#last.set(name, turn);
    const end = () => {
      if (this.#last.get(name) === turn) {
        this.#last.delete(name);
      }
    };
    turn.then(end, end);
    return turn;
  }
}
