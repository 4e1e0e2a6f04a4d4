import type { ArraySource, Mesh } from './mesh.ts';
import type { Numbers } from './numbers.ts';
import { Skin } from './skin.ts';

/** Pieces as one mesh, with the arrays that all of them have. */
export function mergeMeshes(meshes: readonly Mesh[]): Mesh {
  if (meshes.length === 1) {
    return meshes[0]!;
  }
  const pointStarts = startsOf(meshes.map(({ pointCount }) => pointCount));
  const cellStarts = startsOf(meshes.map(({ cellCount }) => cellCount));
  return {
    pointCount: pointStarts.at(-1)!,
    cellCount: cellStarts.at(-1)!,
    skin: mergeSkins(meshes, pointStarts, cellStarts),
    coordinates: (pointIds) => {
      const found = new Float64Array(pointIds.length * 3);
      for (const [index, { coordinates }] of meshes.entries()) {
        const start = pointStarts[index]!;
        const end = pointStarts[index + 1]!;
        const places: number[] = [];
        for (let place = 0; place < pointIds.length; place++) {
          if (pointIds[place]! >= start && pointIds[place]! < end) {
            places.push(place);
          }
        }
        const own = coordinates(Uint32Array.from(places, (place) => pointIds[place]! - start));
        for (const [at, place] of places.entries()) {
          found.set(own.subarray(at * 3, at * 3 + 3), place * 3);
        }
      }
      return found;
    },
    pointArrays: mergeArrays(meshes.map(({ pointArrays }) => pointArrays)),
    cellArrays: mergeArrays(meshes.map(({ cellArrays }) => cellArrays)),
  };
}

/** Where the numbers of each begin, and where those of the last end. */
function startsOf(counts: readonly number[]): number[] {
  const starts = [0];
  for (const count of counts) {
    starts.push(starts.at(-1)! + count);
  }
  return starts;
}

function mergeSkins(
  meshes: readonly Mesh[],
  pointStarts: readonly number[],
  cellStarts: readonly number[],
): Skin {
  const merged = new Skin();
  for (const [index, { skin }] of meshes.entries()) {
    for (const kind of ['vertices', 'lines', 'polygons'] as const) {
      const groups = skin[kind].values();
      for (let at = 0; at < groups.length; ) {
        const size = groups[at++]!;
        merged[kind].push(size);
        for (const end = at + size; at < end; at++) {
          merged[kind].push(groups[at]! + pointStarts[index]!);
        }
      }
    }
    for (const kind of ['vertexCells', 'lineCells', 'polygonCells'] as const) {
      for (const cell of skin[kind].values()) {
        merged[kind].push(cell + cellStarts[index]!);
      }
    }
    for (const [type, count] of skin.omitted) {
      merged.omitted.set(type, (merged.omitted.get(type) ?? 0) + count);
    }
  }
  return merged;
}

function mergeArrays(lists: readonly (readonly ArraySource[])[]): ArraySource[] {
  const [head = [], ...others] = lists;
  return head.flatMap((array) => {
    const same = others.map((list) =>
      list.find(({ name, components }) => name === array.name && components === array.components),
    );
    return same.every((found) => found !== undefined)
      ? [{ ...array, load: () => loadAll([array, ...(same as ArraySource[])]) }]
      : [];
  });
}

async function loadAll(arrays: readonly ArraySource[]): Promise<Numbers> {
  const parts: Numbers[] = [];
  for (const array of arrays) {
    parts.push(await array.load());
  }
  const whole = new Float64Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
