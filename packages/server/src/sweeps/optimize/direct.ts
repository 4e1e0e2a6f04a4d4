import { createMerits } from './merit.ts';
import type { Method } from './method.ts';

/** A box of the unit cube: its centre has been evaluated; side `i` has the length 3^-levels[i]. */
interface Box {
  centre: Float64Array;
  levels: Uint8Array;
  /** Sum of the levels: as only longest sides are divided, it tells the shape, and so the size. */
  divisions: number;
}

/** Jones' balance between global and local search: how much better than the best a box must promise to be. */
const EPSILON = 1e-4;
/** Sides of 3^-20 = 3e-10 of a range are not divided any more. */
const FINEST_LEVEL = 20;

/**
 * DIRECT, dividing rectangles: a global search that needs nothing but values (Jones, Perttunen and Stuckman, J.
 * Optim. Theory Appl. 79, 1993, 157-181). All points of an iteration are yielded at once.
 *
 * Of boxes of the same size with the same value only the oldest is divided (Gablonsky, thesis, NC State University
 * 2001): outputs with few digits have many of those, and each division is paid for with runs. What a box must
 * promise is measured from the median, so that adding a constant to the objective changes nothing (Finkel and
 * Kelley, J. Global Optim. 36, 2006, 597-608).
 */
export function* direct(dimensions: number): Method {
  const boxes: Box[] = [
    { centre: new Float64Array(dimensions).fill(0.5), levels: new Uint8Array(dimensions), divisions: 0 },
  ];
  const merits = createMerits();
  let values = merits.add(yield [boxes[0]!.centre]);
  let median = { value: values[0]!, of: 1 };
  for (;;) {
    // It hardly moves while few values come, and sorting them each time is most of the work.
    if (values.length > 1.1 * median.of) {
      median = { value: medianOf(values), of: values.length };
    }
    const chosen = potentiallyOptimal(boxes, values, median.value, dimensions);
    if (chosen.length === 0) {
      return;
    }
    const divisions = chosen.map((box) => ({ box, sides: longestSides(boxes[box]!) }));
    const born = divisions.flatMap(({ box, sides }) =>
      sides.flatMap((side) => twoCentres(boxes[box]!, side)),
    );
    values = merits.add(yield born);
    for (const { box, sides } of divisions) {
      divide(boxes, box, sides, born, values);
    }
  }
}

function longestSides({ levels }: Box): number[] {
  const coarsest = Math.min(...levels);
  return [...levels.keys()].filter((side) => levels[side] === coarsest);
}

/** The centres of the outer thirds of a box along one side. */
function twoCentres({ centre, levels }: Box, side: number): Float64Array[] {
  return [1, -1].map((sign) => {
    const moved = centre.slice();
    moved[side] = centre[side]! + sign * 3 ** -(levels[side]! + 1);
    return moved;
  });
}

/**
 * Cuts a box into thirds, side after side: the side with the best new value first, so that it lies in the largest
 * box. The new boxes take the next centres of `born`, whose values follow those of the boxes.
 */
function divide(
  boxes: Box[],
  divided: number,
  sides: number[],
  born: Float64Array[],
  values: readonly number[],
): void {
  const parent = boxes[divided]!;
  const first = boxes.length;
  const bornBefore = first - (values.length - born.length);
  const best = sides.map((_, order) => Math.min(values[first + 2 * order]!, values[first + 2 * order + 1]!));
  const order = [...sides.keys()].sort((a, b) => best[a]! - best[b]! || a - b);
  for (const index of order) {
    parent.levels[sides[index]!]!++;
    parent.divisions++;
    for (const which of [2 * index, 2 * index + 1]) {
      boxes[first + which] = {
        centre: born[bornBefore + which]!,
        levels: parent.levels.slice(),
        divisions: parent.divisions,
      };
    }
  }
}

/** Half the diagonal of a box. */
function sizeOf(divisions: number, dimensions: number): number {
  const level = Math.floor(divisions / dimensions);
  const shorter = divisions % dimensions;
  return 0.5 * Math.sqrt((dimensions - shorter) * 9 ** -level + shorter * 9 ** -(level + 1));
}

/** The boxes that are best for some balance of value and size, largest first: lemma 2.3 of Gablonsky's thesis. */
function potentiallyOptimal(
  boxes: readonly Box[],
  values: readonly number[],
  median: number,
  dimensions: number,
): number[] {
  const bestOfSize: number[] = [];
  let least = Number.POSITIVE_INFINITY;
  for (let box = 0; box < boxes.length; box++) {
    const { divisions } = boxes[box]!;
    const best = bestOfSize[divisions];
    if (best === undefined || values[box]! < values[best]!) {
      bestOfSize[divisions] = box;
    }
    least = Math.min(least, values[box]!);
  }
  const promise = EPSILON * Math.abs(least - median);
  const sizes = bestOfSize.flatMap((box, divisions) =>
    divisions < FINEST_LEVEL * dimensions
      ? [{ box, value: values[box]!, size: sizeOf(divisions, dimensions) }]
      : [],
  );
  const chosen = sizes.filter(({ value, size }, index) => {
    // The slopes for which no other box promises more lie between these two.
    let lowest = 0;
    let highest = Number.POSITIVE_INFINITY;
    for (const [which, other] of sizes.entries()) {
      const slope = (value - other.value) / (size - other.size);
      if (which > index) {
        lowest = Math.max(lowest, slope);
      }
      if (which < index) {
        highest = Math.min(highest, slope);
      }
    }
    return highest > 0 && lowest <= highest && value - highest * size <= least - promise;
  });
  return chosen.map(({ box }) => box);
}

function medianOf(values: readonly number[]): number {
  return Float64Array.from(values).sort()[values.length >> 1]!;
}
