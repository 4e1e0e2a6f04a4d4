import type { Mesh } from '../mesh.ts';
import type { Numbers } from '../numbers.ts';

interface ImageFrame {
  origin: readonly number[];
  spacing: readonly number[];
  /** Rows of the matrix that turns the axes. */
  direction: readonly number[];
}

/** Points of a regular grid, which follow from their number. */
export function imageCoordinates(
  extent: readonly number[],
  { origin, spacing, direction }: ImageFrame,
): Mesh['coordinates'] {
  const nx = extent[1]! - extent[0]! + 1;
  const ny = extent[3]! - extent[2]! + 1;
  return (pointIds) => {
    const found = new Float64Array(pointIds.length * 3);
    for (let index = 0; index < pointIds.length; index++) {
      const id = pointIds[index]!;
      const place = [
        ((id % nx) + extent[0]!) * spacing[0]!,
        ((Math.floor(id / nx) % ny) + extent[2]!) * spacing[1]!,
        (Math.floor(id / (nx * ny)) + extent[4]!) * spacing[2]!,
      ];
      for (let axis = 0; axis < 3; axis++) {
        found[index * 3 + axis] =
          origin[axis]! +
          direction[axis * 3]! * place[0]! +
          direction[axis * 3 + 1]! * place[1]! +
          direction[axis * 3 + 2]! * place[2]!;
      }
    }
    return found;
  };
}

/** Points of a grid whose lines are parallel to the axes. */
export function rectilinearCoordinates(axes: readonly Numbers[]): Mesh['coordinates'] {
  const [x, y, z] = axes as [Numbers, Numbers, Numbers];
  return (pointIds) => {
    const found = new Float64Array(pointIds.length * 3);
    for (let index = 0; index < pointIds.length; index++) {
      const id = pointIds[index]!;
      found[index * 3] = x[id % x.length]!;
      found[index * 3 + 1] = y[Math.floor(id / x.length) % y.length]!;
      found[index * 3 + 2] = z[Math.floor(id / (x.length * y.length))]!;
    }
    return found;
  };
}
