/** A fitted polynomial over two of its inputs, and where there were runs that it can be trusted among. */
export interface Term {
  /** Power of each input that takes part. */
  powers: Readonly<Record<string, number>>;
  coefficient: number;
}

export type Point = readonly [x: number, y: number];

/** The value of a polynomial; inputs that nothing is said of are 0. */
export function evaluate(terms: readonly Term[], values: ReadonlyMap<string, number>): number {
  let sum = 0;
  for (const { powers, coefficient } of terms) {
    let product = coefficient;
    for (const [name, power] of Object.entries(powers)) {
      product *= (values.get(name) ?? 0) ** power;
    }
    sum += product;
  }
  return sum;
}

/** More terms are not fitted by the server. */
const MAX_TERMS = 300;

/** A quadratic where so many inputs and runs allow one, else a plane. */
export function usualDegree(inputs: number, runs: number): number {
  const terms = ((inputs + 1) * (inputs + 2)) / 2;
  return terms <= Math.min(MAX_TERMS, runs) ? 2 : 1;
}

export interface Cell {
  /** Its middle. */
  x: number;
  y: number;
  value: number;
  /** Whether runs lie around it. */
  isInside: boolean;
}

interface Grid {
  x: { name: string; min: number; max: number };
  y: { name: string; min: number; max: number };
  /** Cells each way. */
  cells: number;
  /** Values of all other inputs. */
  others: ReadonlyMap<string, number>;
  points: readonly Point[];
}

/** The polynomial in the middle of each cell, row by row from below. */
export function surfaceCells(terms: readonly Term[], { x, y, cells, others, points }: Grid): Cell[] {
  const hull = convexHull(points);
  const values = new Map(others);
  const found: Cell[] = [];
  for (let row = 0; row < cells; row++) {
    for (let column = 0; column < cells; column++) {
      const at: Point = [
        x.min + ((column + 0.5) / cells) * (x.max - x.min),
        y.min + ((row + 0.5) / cells) * (y.max - y.min),
      ];
      values.set(x.name, at[0]);
      values.set(y.name, at[1]);
      found.push({ x: at[0], y: at[1], value: evaluate(terms, values), isInside: isWithin(hull, at) });
    }
  }
  return found;
}

/** The corners of the smallest convex shape around the points, anticlockwise; by Andrew's monotone chain (1979). */
export function convexHull(points: readonly Point[]): Point[] {
  const sorted = points.toSorted((a, b) => a[0] - b[0] || a[1] - b[1]);
  const half = (ordered: readonly Point[]) => {
    const chain: Point[] = [];
    for (const point of ordered) {
      while (chain.length >= 2 && turn(chain.at(-2)!, chain.at(-1)!, point) <= 0) {
        chain.pop();
      }
      chain.push(point);
    }
    chain.pop();
    return chain;
  };
  return sorted.length < 3 ? sorted : [...half(sorted), ...half(sorted.toReversed())];
}

/** Whether a point lies in a convex shape, or on its edge. */
export function isWithin(hull: readonly Point[], point: Point): boolean {
  return (
    hull.length >= 3 &&
    hull.every((corner, index) => turn(corner, hull[(index + 1) % hull.length]!, point) >= 0)
  );
}

/** Positive where the way from `a` over `b` to `c` turns to the left. */
function turn(a: Point, b: Point, c: Point): number {
  return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
}
