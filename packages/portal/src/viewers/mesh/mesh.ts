import type { Numbers } from './numbers.ts';
import type { Skin } from './skin.ts';

/** Values at points or cells; they are unpacked when somebody asks for them. */
export interface ArraySource {
  name: string;
  components: number;
  /** As the file names it, such as `m/s`; null where it does not. */
  unit: string | null;
  /** All values, `components` for each point or cell. */
  load(): Promise<Numbers>;
}

/** What a file holds, whatever its format. */
export interface Mesh {
  pointCount: number;
  cellCount: number;
  /** What can be seen of it, by numbers of its points and cells. */
  skin: Skin;
  /** x, y and z of points. */
  coordinates(pointIds: Uint32Array): Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer>;
  pointArrays: readonly ArraySource[];
  cellArrays: readonly ArraySource[];
}

/** Coordinates that are there for each point, two or three of them. */
export function listedCoordinates(points: Numbers): Mesh['coordinates'] {
  return (pointIds) => {
    const length = pointIds.length * 3;
    const found = points instanceof Float64Array ? new Float64Array(length) : new Float32Array(length);
    for (let index = 0; index < pointIds.length; index++) {
      const from = pointIds[index]! * 3;
      found[index * 3] = points[from]!;
      found[index * 3 + 1] = points[from + 1]!;
      found[index * 3 + 2] = points[from + 2]!;
    }
    return found;
  };
}
