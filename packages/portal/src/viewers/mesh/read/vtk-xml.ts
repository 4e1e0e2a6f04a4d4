import { mesh as words } from '../../../words/en/mesh.ts';
import { VTK } from '../cell-types.ts';
import { type ArraySource, listedCoordinates, type Mesh } from '../mesh.ts';
import { MeshError } from '../mesh-error.ts';
import { IdList, type Numbers } from '../numbers.ts';
import { type Cells, Skin, skinOf } from '../skin.ts';
import { type Dimensions, structuredSkin } from '../structured.ts';
import { checkPoints } from './check-points.ts';
import { type Encoding, encodingOf, numberTypeOf, readDataArray, unitOf } from './data-array.ts';
import { imageCoordinates, rectilinearCoordinates } from './grids.ts';
import { all, type Element, first, parseXml } from './xml.ts';

/** A VTK XML file: the meshes of its pieces, or the names of the files in which they are. */
export type VtkXml =
  | { kind: 'meshes'; meshes: readonly Mesh[] }
  | { kind: 'pieces'; paths: readonly string[] }
  | { kind: 'collection'; parts: readonly CollectionPart[] };

/** A line of a `.pvd` file. */
export interface CollectionPart {
  time: number;
  path: string;
}

type PieceReader = (piece: Element, encoding: Encoding, grid: Element) => Promise<Mesh>;

const READERS: Readonly<Record<string, PieceReader>> = {
  UnstructuredGrid: readUnstructured,
  PolyData: readPolyData,
  ImageData: readImage,
  RectilinearGrid: readRectilinear,
  StructuredGrid: readStructured,
};

export async function readVtkXml(bytes: Uint8Array): Promise<VtkXml> {
  const root = parseXml(bytes);
  const type = root.attributes.type ?? '';
  const body = first(root, type);
  if (root.name !== 'VTKFile' || !body) {
    throw new MeshError(words.problems.notXml('its first element is not that of VTK'));
  }
  if (type === 'Collection') {
    return { kind: 'collection', parts: partsOf(body) };
  }
  if (/^P[A-Z]/.test(type) && Object.hasOwn(READERS, type.slice(1))) {
    return { kind: 'pieces', paths: all(body, 'Piece').map(({ attributes }) => attributes.Source ?? '') };
  }
  if (!Object.hasOwn(READERS, type)) {
    throw new MeshError(words.problems.dataset(type));
  }
  const encoding = encodingOf(root, bytes);
  const meshes: Mesh[] = [];
  for (const piece of all(body, 'Piece')) {
    meshes.push(await READERS[type]!(piece, encoding, body));
  }
  return { kind: 'meshes', meshes };
}

function partsOf(collection: Element): CollectionPart[] {
  return all(collection, 'DataSet')
    .filter(({ attributes }) => (attributes.file ?? '') !== '')
    .map(({ attributes }, index) => {
      const time = Number(attributes.timestep ?? index);
      return { time: Number.isFinite(time) ? time : index, path: attributes.file! };
    });
}

async function readUnstructured(piece: Element, encoding: Encoding): Promise<Mesh> {
  const pointCount = countOf(piece, 'NumberOfPoints');
  const cellCount = countOf(piece, 'NumberOfCells');
  const points = await readPoints(piece, pointCount, encoding);
  const cells = first(piece, 'Cells');
  const types = await named(cells, 'types', cellCount, encoding);
  const ends = await named(cells, 'offsets', cellCount, encoding);
  const connectivity = await named(cells, 'connectivity', ends.at(-1) ?? 0, encoding);
  const cellArrays = arraysOf(piece, 'CellData', cellCount, encoding);
  return {
    pointCount,
    cellCount,
    coordinates: listedCoordinates(points),
    skin: skinOf({
      types,
      ends,
      points: connectivity,
      ghosts: await ghostsOf(cellArrays),
      polyhedra: types.includes(VTK.polyhedron) ? await polyhedraOf(cells, cellCount, encoding) : undefined,
    }),
    pointArrays: arraysOf(piece, 'PointData', pointCount, encoding),
    cellArrays: withoutGhosts(cellArrays),
  };
}

/** Two forms: faces as one stream, and since VTK 9.4 as lists of lists, which are made a stream here. */
async function polyhedraOf(
  cells: Element | undefined,
  cellCount: number,
  encoding: Encoding,
): Promise<Cells['polyhedra']> {
  if (find(cells, 'faces')) {
    const starts = await named(cells, 'faceoffsets', cellCount, encoding);
    const stream = await named(cells, 'faces', Math.max(0, ...lastPositive(starts)), encoding);
    // An offset is where the faces of a cell end; where they begin is where those of the last polyhedron before it did.
    const begins = new Float64Array(cellCount).fill(-1);
    let begin = 0;
    for (let cell = 0; cell < cellCount; cell++) {
      if (starts[cell]! >= 0) {
        begins[cell] = begin;
        begin = starts[cell]!;
      }
    }
    return { stream, startOf: (cell) => begins[cell]! };
  }
  const faceEndsOfCells = await named(cells, 'polyhedron_offsets', cellCount, encoding);
  const faceIds = await named(cells, 'polyhedron_to_faces', faceEndsOfCells.at(-1) ?? 0, encoding);
  let faceCount = 0;
  for (const id of faceIds) {
    faceCount = Math.max(faceCount, id + 1);
  }
  const faceEnds = await named(cells, 'face_offsets', faceCount, encoding);
  const facePoints = await named(cells, 'face_connectivity', faceEnds.at(-1) ?? 0, encoding);
  checkEnds(faceEndsOfCells, faceIds.length);
  checkEnds(faceEnds, facePoints.length);
  const stream = new IdList();
  const mostIds = MAX_CELLS_OF_FACE * (facePoints.length + faceIds.length) + cellCount;
  const begins = new Float64Array(cellCount);
  for (let cell = 0; cell < cellCount; cell++) {
    const from = cell === 0 ? 0 : faceEndsOfCells[cell - 1]!;
    const to = faceEndsOfCells[cell]!;
    begins[cell] = stream.length;
    stream.push(to - from);
    for (let index = from; index < to; index++) {
      const face = faceIds[index]!;
      const start = face === 0 ? 0 : faceEnds[face - 1];
      const end = faceEnds[face];
      if (start === undefined || end === undefined || stream.length > mostIds) {
        throw new MeshError(words.problems.broken('faces'));
      }
      stream.push(end - start);
      for (let at = start; at < end; at++) {
        stream.push(facePoints[at]!);
      }
    }
  }
  return { stream: stream.values(), startOf: (cell) => begins[cell]! };
}

/** Two in a sound mesh; a file that names one large face for each of its cells would fill the memory. */
const MAX_CELLS_OF_FACE = 8;

/** Places where groups end must rise, and lie within what they part. */
function checkEnds(ends: Numbers, length: number): void {
  let last = 0;
  for (const end of ends) {
    if (!(end >= last && end <= length)) {
      throw new MeshError(words.problems.broken('offsets'));
    }
    last = end;
  }
}

function lastPositive(values: Numbers): number[] {
  let last = 0;
  for (const value of values) {
    last = Math.max(last, value);
  }
  return [last];
}

async function readPolyData(piece: Element, encoding: Encoding): Promise<Mesh> {
  const pointCount = countOf(piece, 'NumberOfPoints');
  const skin = new Skin();
  let cell = 0;
  // In this order VTK numbers the cells, whatever the order of the elements is.
  for (const kind of ['Verts', 'Lines', 'Polys', 'Strips'] as const) {
    const count = countOf(piece, `NumberOf${kind}`, 0);
    const cells = first(piece, kind);
    const ends = count === 0 ? [] : await named(cells, 'offsets', count, encoding);
    const points = count === 0 ? [] : await named(cells, 'connectivity', ends.at(-1) ?? 0, encoding);
    let start = 0;
    for (const end of ends) {
      addGroup(skin, kind, cell++, points, start, end);
      start = end;
    }
  }
  return {
    pointCount,
    cellCount: cell,
    coordinates: listedCoordinates(await readPoints(piece, pointCount, encoding)),
    skin,
    pointArrays: arraysOf(piece, 'PointData', pointCount, encoding),
    cellArrays: arraysOf(piece, 'CellData', cell, encoding),
  };
}

export function addGroup(
  skin: Skin,
  kind: 'Verts' | 'Lines' | 'Polys' | 'Strips',
  cell: number,
  points: ArrayLike<number>,
  start: number,
  end: number,
): void {
  if (!(end >= start && end <= points.length)) {
    throw new MeshError(words.problems.broken('offsets'));
  }
  switch (kind) {
    case 'Verts':
      for (let at = start; at < end; at++) {
        skin.addVertex(cell, points[at]!);
      }
      return;
    case 'Lines':
      skin.addLine(cell, points, start, end);
      return;
    case 'Polys':
      skin.addPolygon(cell, points, start, end);
      return;
    case 'Strips':
      skin.addStrip(cell, points, start, end);
  }
}

async function readImage(piece: Element, encoding: Encoding, grid: Element): Promise<Mesh> {
  const extent = extentOf(piece);
  const coordinates = imageCoordinates(extent, {
    origin: numbersIn(grid, 'Origin', [0, 0, 0]),
    spacing: numbersIn(grid, 'Spacing', [1, 1, 1]),
    direction: numbersIn(grid, 'Direction', [1, 0, 0, 0, 1, 0, 0, 0, 1]),
  });
  return gridOf(piece, extent, coordinates, encoding);
}

async function readRectilinear(piece: Element, encoding: Encoding): Promise<Mesh> {
  const extent = extentOf(piece);
  const axes: Numbers[] = [];
  for (const [axis, array] of all(first(piece, 'Coordinates'), 'DataArray').slice(0, 3).entries()) {
    axes.push(await readDataArray(array, dimensionsOf(extent)[axis]!, encoding));
  }
  if (axes.length < 3) {
    throw new MeshError(words.problems.missing('coordinates'));
  }
  return gridOf(piece, extent, rectilinearCoordinates(axes), encoding);
}

async function readStructured(piece: Element, encoding: Encoding): Promise<Mesh> {
  const extent = extentOf(piece);
  const points = await readPoints(piece, product(dimensionsOf(extent)), encoding);
  return gridOf(piece, extent, listedCoordinates(points), encoding);
}

function gridOf(
  piece: Element,
  extent: readonly number[],
  coordinates: Mesh['coordinates'],
  encoding: Encoding,
): Mesh {
  const dimensions = dimensionsOf(extent);
  const pointCount = product(dimensions);
  checkPoints(pointCount);
  const cellCount = product(dimensions.map((points) => Math.max(1, points - 1)));
  return {
    pointCount,
    cellCount,
    coordinates,
    skin: structuredSkin(dimensions),
    pointArrays: arraysOf(piece, 'PointData', pointCount, encoding),
    cellArrays: arraysOf(piece, 'CellData', cellCount, encoding),
  };
}

function dimensionsOf(extent: readonly number[]): Dimensions {
  return [0, 1, 2].map((axis) => extent[axis * 2 + 1]! - extent[axis * 2]! + 1) as unknown as Dimensions;
}

function extentOf(piece: Element): number[] {
  const extent = numbersIn(piece, 'Extent', []);
  if (
    extent.length !== 6 ||
    !dimensionsOf(extent).every((points) => Number.isInteger(points) && points > 0)
  ) {
    throw new MeshError(words.problems.broken('its extent'));
  }
  return extent;
}

function numbersIn({ attributes }: Element, name: string, otherwise: readonly number[]): number[] {
  const found = (attributes[name] ?? '').trim().split(/\s+/).map(Number);
  return attributes[name] === undefined || !found.every(Number.isFinite) ? [...otherwise] : found;
}

function product(values: readonly number[]): number {
  return values.reduce((result, value) => result * value, 1);
}

function countOf(piece: Element, name: string, otherwise?: number): number {
  const text = piece.attributes[name];
  if (text === undefined && otherwise !== undefined) {
    return otherwise;
  }
  if (!/^\s*\d{1,12}\s*$/.test(text ?? '')) {
    throw new MeshError(words.problems.missing(name));
  }
  return Number(text);
}

async function readPoints(piece: Element, count: number, encoding: Encoding): Promise<Numbers> {
  const [array] = all(first(piece, 'Points'), 'DataArray');
  if (!array) {
    throw new MeshError(words.problems.missing('points'));
  }
  return await readDataArray(array, count * 3, encoding);
}

function find(parent: Element | undefined, name: string): Element | undefined {
  return all(parent, 'DataArray').find(({ attributes }) => attributes.Name === name);
}

async function named(
  parent: Element | undefined,
  name: string,
  count: number,
  encoding: Encoding,
): Promise<Numbers> {
  const array = find(parent, name);
  if (!array) {
    throw new MeshError(words.problems.missing(name));
  }
  return await readDataArray(array, count, encoding);
}

/** The arrays of numbers at points or cells; texts cannot be shown as colours. */
function arraysOf(
  piece: Element,
  place: 'PointData' | 'CellData',
  tuples: number,
  encoding: Encoding,
): ArraySource[] {
  return all(first(piece, place), 'DataArray')
    .filter((array) => numberTypeOf(array) !== null)
    .map((array, index) => {
      const text = array.attributes.NumberOfComponents ?? '';
      const components = /^[1-9]\d{0,3}$/.test(text) ? Number(text) : 1;
      return {
        name: array.attributes.Name ?? `${place} ${index + 1}`,
        components,
        unit: unitOf(array, encoding.bytes),
        load: () => readDataArray(array, tuples * components, encoding),
      };
    });
}

const GHOSTS = 'vtkGhostType';

async function ghostsOf(arrays: readonly ArraySource[]): Promise<Numbers | undefined> {
  return await arrays.find(({ name }) => name === GHOSTS)?.load();
}

function withoutGhosts(arrays: readonly ArraySource[]): ArraySource[] {
  return arrays.filter(({ name }) => name !== GHOSTS);
}
