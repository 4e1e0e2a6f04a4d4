import { mesh as words } from '../../words/en/mesh.ts';
import type { Mesh } from './mesh.ts';
import { MeshError } from './mesh-error.ts';
import type { Numbers } from './numbers.ts';

/** What is drawn: the points that the skin of a mesh uses, numbered anew, and what is made of them. */
export interface Surface {
  points: Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer>;
  /** The number that each point has in the file. */
  pointIds: Uint32Array<ArrayBuffer>;
  /** Groups of points: how many, then which. */
  vertices: Uint32Array<ArrayBuffer>;
  lines: Uint32Array<ArrayBuffer>;
  polygons: Uint32Array<ArrayBuffer>;
  /** The cell in the file of each group: vertices, then lines, then polygons. */
  cellIds: Uint32Array<ArrayBuffer>;
}

export function surfaceOf({ skin, pointCount, coordinates }: Mesh): Surface {
  const groups = [skin.vertices, skin.lines, skin.polygons].map((list) => list.values().slice());
  const numbers = new Int32Array(pointCount).fill(-1);
  let count = 0;
  for (const group of groups) {
    for (let at = 0; at < group.length; at += group[at]! + 1) {
      for (let index = at + 1; index <= at + group[at]!; index++) {
        const point = group[index]!;
        if (point >= pointCount) {
          throw new MeshError(words.problems.broken('connectivity'));
        }
        if (numbers[point] === -1) {
          numbers[point] = count++;
        }
        group[index] = numbers[point]!;
      }
    }
  }
  if (count === 0) {
    throw new MeshError(words.problems.nothing);
  }
  const pointIds = new Uint32Array(count);
  for (let point = 0; point < pointCount; point++) {
    if (numbers[point] !== -1) {
      pointIds[numbers[point]!] = point;
    }
  }
  const cellIds = new Uint32Array(skin.vertexCells.length + skin.lineCells.length + skin.polygonCells.length);
  cellIds.set(skin.vertexCells.values());
  cellIds.set(skin.lineCells.values(), skin.vertexCells.length);
  cellIds.set(skin.polygonCells.values(), skin.vertexCells.length + skin.lineCells.length);
  const [vertices, lines, polygons] = groups;
  return {
    points: coordinates(pointIds),
    pointIds,
    vertices: vertices!,
    lines: lines!,
    polygons: polygons!,
    cellIds,
  };
}

/** Of values of the whole mesh those that are drawn, as numbers that lose nothing. */
export function gather(values: Numbers, components: number, ids: Uint32Array): Float64Array<ArrayBuffer> {
  const found = new Float64Array(ids.length * components);
  for (let index = 0; index < ids.length; index++) {
    for (let component = 0; component < components; component++) {
      found[index * components + component] = values[ids[index]! * components + component]!;
    }
  }
  return found;
}
