/**
 * Faces of cells, of which those that two cells have are inside and go. A face that has met its other half leaves the table, so
 * it holds the outside and the front of what has been read: with cells that are numbered by place some thousands, not millions.
 */
const STRIDE = 8;
const LOW = 0;
const SIZE = 4;
const CELL = 5;
const PLACE = 6;
const NEXT = 7;
const NONE = -1;

export interface OuterFaces {
  /** Of each face its cell, in the order of cells. */
  cells: Int32Array;
  /** What `add` was told of each. */
  places: Int32Array;
}

export class FaceTable {
  #entries = new Int32Array(1024 * STRIDE);
  #heads = new Int32Array(1024).fill(NONE);
  #used = 0;
  #live = 0;
  #free = NONE;

  /**
   * A face by its four smallest points in ascending order (the fourth -1 for a triangle), with how many it has and
   * where its cell keeps it.
   */
  add(a: number, b: number, c: number, d: number, size: number, cell: number, place: number): void {
    const entries = this.#entries;
    const bucket = this.#bucket(a, b, c);
    let previous = NONE;
    for (let at = this.#heads[bucket]!; at !== NONE; at = entries[at + NEXT]!) {
      if (
        entries[at] === a &&
        entries[at + 1] === b &&
        entries[at + 2] === c &&
        entries[at + 3] === d &&
        entries[at + SIZE] === size
      ) {
        this.#remove(at, previous, bucket);
        return;
      }
      previous = at;
    }
    this.#insert(bucket, a, b, c, d, size, cell, place);
  }

  /** The faces that one cell owns. */
  outer(cellCount: number): OuterFaces {
    const entries = this.#entries;
    const starts = new Int32Array(cellCount + 1);
    const each = (visit: (at: number) => void) => {
      for (let at of this.#heads) {
        for (; at !== NONE; at = entries[at + NEXT]!) {
          visit(at);
        }
      }
    };
    each((at) => {
      starts[entries[at + CELL]! + 1]!++;
    });
    for (let cell = 0; cell < cellCount; cell++) {
      starts[cell + 1]! += starts[cell]!;
    }
    const cells = new Int32Array(this.#live);
    const places = new Int32Array(this.#live);
    each((at) => {
      const index = starts[entries[at + CELL]!]!++;
      cells[index] = entries[at + CELL]!;
      places[index] = entries[at + PLACE]!;
    });
    return { cells, places };
  }

  #bucket(a: number, b: number, c: number): number {
    const mixed = Math.imul(a, 0x9e3779b1) ^ Math.imul(b, 0x85ebca6b) ^ Math.imul(c, 0xc2b2ae35);
    return (mixed ^ (mixed >>> 15)) & (this.#heads.length - 1);
  }

  #remove(at: number, previous: number, bucket: number): void {
    const entries = this.#entries;
    if (previous === NONE) {
      this.#heads[bucket] = entries[at + NEXT]!;
    } else {
      entries[previous + NEXT] = entries[at + NEXT]!;
    }
    entries[at + NEXT] = this.#free;
    this.#free = at;
    this.#live--;
  }

  #insert(
    bucket: number,
    a: number,
    b: number,
    c: number,
    d: number,
    size: number,
    cell: number,
    place: number,
  ): void {
    let at = this.#free;
    if (at === NONE) {
      at = this.#used * STRIDE;
      this.#used++;
      if (at === this.#entries.length) {
        const grown = new Int32Array(this.#entries.length * 2);
        grown.set(this.#entries);
        this.#entries = grown;
      }
    } else {
      this.#free = this.#entries[at + NEXT]!;
    }
    const entries = this.#entries;
    entries[at + LOW] = a;
    entries[at + LOW + 1] = b;
    entries[at + LOW + 2] = c;
    entries[at + LOW + 3] = d;
    entries[at + SIZE] = size;
    entries[at + CELL] = cell;
    entries[at + PLACE] = place;
    entries[at + NEXT] = this.#heads[bucket]!;
    this.#heads[bucket] = at;
    this.#live++;
    if (this.#live > this.#heads.length) {
      this.#rehash();
    }
  }

  #rehash(): void {
    const entries = this.#entries;
    const old = this.#heads;
    this.#heads = new Int32Array(old.length * 4).fill(NONE);
    for (let at of old) {
      while (at !== NONE) {
        const next = entries[at + NEXT]!;
        const bucket = this.#bucket(entries[at]!, entries[at + 1]!, entries[at + 2]!);
        entries[at + NEXT] = this.#heads[bucket]!;
        this.#heads[bucket] = at;
        at = next;
      }
    }
  }
}
