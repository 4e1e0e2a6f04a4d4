import { mesh as words } from '../../words/en/mesh.ts';
import { type CellShape, shapeOf } from './cell-types.ts';
import { FaceTable } from './face-table.ts';
import { MeshError } from './mesh-error.ts';
import { IdList } from './numbers.ts';

/** What can be seen of a mesh: groups of points, each written as how many and which, and of each group its cell. */
export class Skin {
  readonly vertices = new IdList();
  readonly vertexCells = new IdList();
  readonly lines = new IdList();
  readonly lineCells = new IdList();
  readonly polygons = new IdList();
  readonly polygonCells = new IdList();
  /** How many cells have a type that is not drawn, by type. */
  readonly omitted = new Map<number, number>();

  addVertex(cell: number, point: number): void {
    this.vertices.push(1);
    this.vertices.push(point);
    this.vertexCells.push(cell);
  }

  addLine(cell: number, points: ArrayLike<number>, start = 0, end = points.length): void {
    if (end - start >= 2) {
      pushGroup(this.lines, points, start, end);
      this.lineCells.push(cell);
    }
  }

  addPolygon(cell: number, points: ArrayLike<number>, start = 0, end = points.length): void {
    if (end - start >= 3) {
      pushGroup(this.polygons, points, start, end);
      this.polygonCells.push(cell);
    }
  }

  /** Triangles that share two points with the one before; every second one turns the other way. */
  addStrip(cell: number, points: ArrayLike<number>, start = 0, end = points.length): void {
    for (let at = start; at + 2 < end; at++) {
      const isTurned = (at - start) % 2 === 1;
      this.addPolygon(cell, [
        points[at]!,
        points[isTurned ? at + 2 : at + 1]!,
        points[isTurned ? at + 1 : at + 2]!,
      ]);
    }
  }
}

export interface Cells {
  types: ArrayLike<number>;
  /** The points of all cells one after another, and where those of each end. */
  points: ArrayLike<number>;
  ends: ArrayLike<number>;
  /** Cells that are there for another part of the mesh, and those that are hidden, are not 0. */
  ghosts?: ArrayLike<number> | undefined;
  /** Of polyhedra: where the faces of a cell begin in `stream` (how many, then each as how many points and which). */
  polyhedra?: { stream: ArrayLike<number>; startOf: (cell: number) => number } | undefined;
}

/** `vtkGhostType`: what another part of the mesh shows, and what is not to be seen. */
const DUPLICATE_OR_HIDDEN = 1 | 32;

/** The outside of cells with a volume, and all others as they are. */
export function skinOf(cells: Cells): Skin {
  const skin = new Skin();
  const faces = new FaceTable();
  let start = 0;
  for (let cell = 0; cell < cells.types.length; cell++) {
    const end = cells.ends[cell]!;
    if (!(end >= start && end <= cells.points.length)) {
      throw new MeshError(words.problems.broken('offsets'));
    }
    const type = cells.types[cell]!;
    const shape = shapeOf(type);
    if (((cells.ghosts?.[cell] ?? 0) & DUPLICATE_OR_HIDDEN) === 0) {
      if (shape) {
        addCell(skin, faces, cells, shape, cell, start, end);
      } else {
        skin.omitted.set(type, (skin.omitted.get(type) ?? 0) + 1);
      }
    }
    start = end;
  }
  addOuterFaces(skin, faces, cells);
  return skin;
}

function addCell(
  skin: Skin,
  faces: FaceTable,
  { points, polyhedra }: Cells,
  shape: CellShape,
  cell: number,
  start: number,
  end: number,
): void {
  switch (shape.kind) {
    case 'nothing':
      return;
    case 'vertices':
      for (let at = start; at < end; at++) {
        skin.addVertex(cell, points[at]!);
      }
      return;
    case 'line':
      skin.addLine(cell, points, start, end);
      return;
    case 'strip':
      skin.addStrip(cell, points, start, end);
      return;
    case 'polygon':
      skin.addPolygon(cell, points, start, end);
      return;
    case 'corners': {
      needCorners(end - start, shape.corners.length);
      const corners = shape.corners.map((index) => points[start + index]!);
      if (corners.length === 2) {
        skin.addLine(cell, corners);
      } else {
        skin.addPolygon(cell, corners);
      }
      return;
    }
    case 'volume':
      needCorners(end - start, shape.corners);
      for (let place = 0; place < shape.faces.length; place++) {
        addFace(faces, points, start, shape.faces[place]!, cell, place);
      }
      return;
    case 'polyhedron':
      if (!polyhedra) {
        throw new MeshError(words.problems.missing('the faces of its polyhedra'));
      }
      addPolyhedron(faces, polyhedra.stream, polyhedra.startOf(cell), cell);
  }
}

function needCorners(found: number, needed: number): void {
  if (found < needed) {
    throw new MeshError(words.problems.broken('connectivity'));
  }
}

function addFace(
  faces: FaceTable,
  points: ArrayLike<number>,
  start: number,
  face: readonly number[],
  cell: number,
  place: number,
): void {
  let a = points[start + face[0]!]!;
  let b = points[start + face[1]!]!;
  let c = points[start + face[2]!]!;
  let swap: number;
  if (a > b) {
    swap = a;
    a = b;
    b = swap;
  }
  if (b > c) {
    swap = b;
    b = c;
    c = swap;
    if (a > b) {
      swap = a;
      a = b;
      b = swap;
    }
  }
  if (face.length === 3) {
    faces.add(a, b, c, -1, 3, cell, place);
    return;
  }
  if (face.length > 4) {
    addLargeFace(
      faces,
      face.map((index) => points[start + index]!),
      cell,
      place,
    );
    return;
  }
  const d = points[start + face[3]!]!;
  if (d >= c) {
    faces.add(a, b, c, d, 4, cell, place);
  } else if (d >= b) {
    faces.add(a, b, d, c, 4, cell, place);
  } else if (d >= a) {
    faces.add(a, d, b, c, 4, cell, place);
  } else {
    faces.add(d, a, b, c, 4, cell, place);
  }
}

/** Four points and the count tell apart faces of which no two have the same four. */
function addLargeFace(faces: FaceTable, points: number[], cell: number, place: number): void {
  const [a, b, c, d = -1] = points.sort((one, other) => one - other);
  faces.add(a!, b!, c!, d, points.length, cell, place);
}

function addPolyhedron(faces: FaceTable, stream: ArrayLike<number>, start: number, cell: number): void {
  let at = start;
  const count = stream[at++] ?? 0;
  for (let face = 0; face < count; face++) {
    const size = stream[at]!;
    if (!(size >= 0 && at + size < stream.length)) {
      throw new MeshError(words.problems.broken('faces'));
    }
    if (size >= 3) {
      addLargeFace(faces, Array.prototype.slice.call(stream, at + 1, at + 1 + size), cell, at);
    }
    at += 1 + size;
  }
}

function addOuterFaces(skin: Skin, faces: FaceTable, { types, points, ends, polyhedra }: Cells): void {
  const outer = faces.outer(types.length);
  for (let index = 0; index < outer.cells.length; index++) {
    const cell = outer.cells[index]!;
    const place = outer.places[index]!;
    const shape = shapeOf(types[cell]!);
    if (shape?.kind === 'volume') {
      const start = cell === 0 ? 0 : ends[cell - 1]!;
      skin.addPolygon(
        cell,
        shape.faces[place]!.map((corner) => points[start + corner]!),
      );
    } else if (polyhedra) {
      skin.addPolygon(cell, polyhedra.stream, place + 1, place + 1 + polyhedra.stream[place]!);
    }
  }
}

function pushGroup(list: IdList, points: ArrayLike<number>, start: number, end: number): void {
  list.push(end - start);
  for (let at = start; at < end; at++) {
    list.push(points[at]!);
  }
}
