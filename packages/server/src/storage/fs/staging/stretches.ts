/** A set of bytes of a file, as stretches from a first byte to behind a last one. */
export class Stretches {
  /** In order, apart from each other. */
  #stretches: (readonly [start: number, end: number])[] = [];

  add(start: number, end: number): void {
    if (end <= start) {
      return;
    }
    const touching = this.#stretches.filter((stretch) => stretch[0] <= end && stretch[1] >= start);
    const apart = this.#stretches.filter((stretch) => stretch[0] > end || stretch[1] < start);
    const joined = [
      Math.min(start, ...touching.map((stretch) => stretch[0])),
      Math.max(end, ...touching.map((stretch) => stretch[1])),
    ] as const;
    this.#stretches = [...apart, joined].sort((a, b) => a[0] - b[0]);
  }

  remove(start: number, end: number): void {
    this.#stretches = this.#stretches.flatMap(([from, to]): [number, number][] => {
      if (to <= start || from >= end) {
        return [[from, to]];
      }
      const left: [number, number][] = [];
      if (from < start) {
        left.push([from, start]);
      }
      if (to > end) {
        left.push([end, to]);
      }
      return left;
    });
  }

  /** Behind the last byte that is there without a gap from `position` on; `position` where that byte is missing. */
  endFrom(position: number): number {
    return this.#stretches.find(([start, end]) => start <= position && position < end)?.[1] ?? position;
  }
}
