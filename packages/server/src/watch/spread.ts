/** How values are spread: how many were no larger than each bound, how many there were, and their sum. */
export class Spread {
  readonly labels: Readonly<Record<string, string>>;
  readonly bounds: readonly number[];
  /** Not added up: a value is in the first bound that holds it, or in the place behind them. */
  readonly counts: number[];
  sum = 0;

  constructor(bounds: readonly number[], labels: Readonly<Record<string, string>> = {}) {
    this.bounds = bounds;
    this.labels = labels;
    this.counts = Array<number>(bounds.length + 1).fill(0);
  }

  add(value: number): void {
    let place = 0;
    while (place < this.bounds.length && value > this.bounds[place]!) {
      place += 1;
    }
    this.counts[place]! += 1;
    this.sum += value;
  }
}
