import { mesh as words } from '../../../words/en/mesh.ts';
import { type ArraySource, listedCoordinates, type Mesh } from '../mesh.ts';
import { MeshError } from '../mesh-error.ts';
import type { Numbers } from '../numbers.ts';
import { Skin, skinOf } from '../skin.ts';
import { type Dimensions, structuredSkin } from '../structured.ts';
import { checkPoints } from './check-points.ts';
import { imageCoordinates, rectilinearCoordinates } from './grids.ts';
import { LegacyReader } from './legacy-reader.ts';
import { addGroup } from './vtk-xml.ts';

interface Groups {
  points: Numbers;
  ends: Numbers;
}

/** What has been read so far; which of it counts, the kind of data set says. */
interface Parts {
  dataset: string;
  points: Numbers | null;
  groups: Map<string, Groups>;
  types: Numbers | null;
  dimensions: Dimensions;
  origin: number[];
  spacing: number[];
  axes: Numbers[];
  pointArrays: ArraySource[];
  cellArrays: ArraySource[];
}

const GROUPS = { VERTICES: 'Verts', LINES: 'Lines', POLYGONS: 'Polys', TRIANGLE_STRIPS: 'Strips' } as const;
const AXES: Readonly<Record<string, number>> = { X_COORDINATES: 0, Y_COORDINATES: 1, Z_COORDINATES: 2 };

/** Attributes by their keyword: how many values each point or cell has. */
const COMPONENTS: Readonly<Record<string, number>> = {
  VECTORS: 3,
  NORMALS: 3,
  TENSORS: 9,
  TENSORS6: 6,
  GLOBAL_IDS: 1,
  PEDIGREE_IDS: 1,
  EDGE_FLAGS: 1,
};

/** A `.vtk` file: https://docs.vtk.org/en/latest/vtk_file_formats/vtk_legacy_file_format.html */
export function readLegacyVtk(bytes: Uint8Array): Mesh {
  const reader = new LegacyReader(bytes);
  const parts: Parts = {
    dataset: '',
    points: null,
    groups: new Map(),
    types: null,
    dimensions: [1, 1, 1],
    origin: [0, 0, 0],
    spacing: [1, 1, 1],
    axes: [],
    pointArrays: [],
    cellArrays: [],
  };
  let attributes: { arrays: ArraySource[]; tuples: number } = { arrays: [], tuples: 0 };
  for (let keyword = reader.word(); keyword !== null; keyword = reader.word()) {
    const name = keyword.toUpperCase();
    if (name === 'POINT_DATA' || name === 'CELL_DATA') {
      attributes = {
        arrays: name === 'POINT_DATA' ? parts.pointArrays : parts.cellArrays,
        tuples: reader.count(),
      };
    } else if (!readGeometry(reader, name, parts) && !readAttribute(reader, name, attributes)) {
      throw new MeshError(words.problems.notLegacy(keyword.slice(0, 40)));
    }
  }
  return meshOf(parts);
}

function readGeometry(reader: LegacyReader, name: string, parts: Parts): boolean {
  switch (name) {
    case 'DATASET':
      parts.dataset = reader.needWord().toUpperCase();
      return true;
    case 'POINTS': {
      const count = reader.count();
      parts.points = reader.values(reader.needWord(), count * 3);
      return true;
    }
    case 'CELL_TYPES':
      parts.types = reader.values('int', reader.count());
      return true;
    case 'CELLS':
    case 'VERTICES':
    case 'LINES':
    case 'POLYGONS':
    case 'TRIANGLE_STRIPS':
      parts.groups.set(name, readGroups(reader));
      return true;
    case 'DIMENSIONS':
      parts.dimensions = [reader.count(), reader.count(), reader.count()];
      return true;
    case 'ORIGIN':
      parts.origin = [reader.number(), reader.number(), reader.number()];
      return true;
    case 'SPACING':
    case 'ASPECT_RATIO':
      parts.spacing = [reader.number(), reader.number(), reader.number()];
      return true;
    case 'X_COORDINATES':
    case 'Y_COORDINATES':
    case 'Z_COORDINATES': {
      const count = reader.count();
      parts.axes[AXES[name]!] = reader.values(reader.needWord(), count);
      return true;
    }
    case 'METADATA':
      reader.skipParagraph();
      return true;
    default:
      return false;
  }
}

/** Before version 5 each group begins with how many points it has; since then places stand apart from points. */
function readGroups(reader: LegacyReader): Groups {
  const count = reader.count();
  const size = reader.count();
  if (!reader.isNext('OFFSETS')) {
    const values = reader.values('int', size);
    if (count > size) {
      throw new MeshError(words.problems.broken('its cells'));
    }
    const ends = new Uint32Array(count);
    const points = new Uint32Array(Math.max(0, size - count));
    let at = 0;
    let end = 0;
    for (let group = 0; group < count; group++) {
      const length = values[at++] ?? -1;
      if (!(length >= 0 && at + length <= size && end + length <= points.length)) {
        throw new MeshError(words.problems.broken('its cells'));
      }
      points.set(values.subarray(at, at + length), end);
      at += length;
      end += length;
      ends[group] = end;
    }
    return { points, ends };
  }
  reader.needWord();
  const places = reader.values(reader.needWord(), count);
  if (reader.needWord().toUpperCase() !== 'CONNECTIVITY') {
    throw new MeshError(words.problems.missing('connectivity'));
  }
  return { points: reader.values(reader.needWord(), size), ends: places.slice(1) as Numbers };
}

function readAttribute(
  reader: LegacyReader,
  name: string,
  { arrays, tuples }: { arrays: ArraySource[]; tuples: number },
): boolean {
  const keep = (title: string, components: number, values: Numbers) =>
    arrays.push({ name: decodeName(title), components, unit: null, load: async () => values });
  switch (name) {
    case 'SCALARS': {
      const title = reader.needWord();
      const type = reader.needWord();
      const components = Number(reader.line().trim() || '1');
      if (!(components >= 1 && components <= 9)) {
        throw new MeshError(words.problems.broken(title));
      }
      if (reader.isNext('LOOKUP_TABLE')) {
        reader.needWord();
        reader.needWord();
      }
      keep(title, components, reader.values(type, tuples * components));
      return true;
    }
    case 'COLOR_SCALARS': {
      const title = reader.needWord();
      const components = reader.count();
      keep(
        title,
        components,
        reader.values(reader.isBinary ? 'unsigned_char' : 'float', tuples * components),
      );
      return true;
    }
    case 'LOOKUP_TABLE': {
      // Colours of the file: ours are chosen on the page.
      reader.needWord();
      reader.values(reader.isBinary ? 'unsigned_char' : 'float', reader.count() * 4);
      return true;
    }
    case 'TEXTURE_COORDINATES': {
      const title = reader.needWord();
      const components = reader.count();
      keep(title, components, reader.values(reader.needWord(), tuples * components));
      return true;
    }
    case 'FIELD': {
      reader.needWord();
      const count = reader.count();
      for (let index = 0; index < count; index++) {
        if (reader.isNext('METADATA')) {
          reader.needWord();
          reader.skipParagraph();
        }
        const title = reader.needWord();
        const components = reader.count();
        const length = reader.count();
        const type = reader.needWord();
        if (type === 'string') {
          reader.skipTexts(components * length);
          continue;
        }
        const values = reader.values(type, components * length);
        if (length === tuples) {
          keep(title, components, values);
        }
      }
      return true;
    }
    default: {
      const components = Object.hasOwn(COMPONENTS, name) ? COMPONENTS[name]! : null;
      if (components === null) {
        return false;
      }
      const title = reader.needWord();
      keep(title, components, reader.values(reader.needWord(), tuples * components));
      return true;
    }
  }
}

/** Blanks in names are written as `%20`. */
function decodeName(name: string): string {
  return name.replace(/%([0-9a-f]{2})/gi, (_, code) => String.fromCharCode(Number.parseInt(code, 16)));
}

function meshOf({
  dataset,
  points,
  groups,
  types,
  dimensions,
  origin,
  spacing,
  axes,
  ...arrays
}: Parts): Mesh {
  const gridPoints = dimensions.reduce((product, count) => product * count, 1);
  checkPoints(gridPoints);
  const grid = {
    pointCount: gridPoints,
    cellCount: dimensions.reduce((product, count) => product * Math.max(1, count - 1), 1),
    ...arrays,
  };
  switch (dataset) {
    case 'STRUCTURED_POINTS':
      return {
        ...grid,
        skin: structuredSkin(dimensions),
        coordinates: imageCoordinates(
          dimensions.flatMap((count) => [0, count - 1]),
          { origin, spacing, direction: [1, 0, 0, 0, 1, 0, 0, 0, 1] },
        ),
      };
    case 'RECTILINEAR_GRID':
      if (![0, 1, 2].every((axis) => axes[axis]?.length === dimensions[axis])) {
        throw new MeshError(words.problems.broken('its coordinates'));
      }
      return { ...grid, skin: structuredSkin(dimensions), coordinates: rectilinearCoordinates(axes) };
    case 'STRUCTURED_GRID':
      if (points?.length !== gridPoints * 3) {
        throw new MeshError(words.problems.broken('its points'));
      }
      return { ...grid, skin: structuredSkin(dimensions), coordinates: listedCoordinates(points) };
    case 'UNSTRUCTURED_GRID':
    case 'POLYDATA':
      break;
    default:
      throw new MeshError(words.problems.dataset(dataset));
  }
  if (points === null) {
    throw new MeshError(words.problems.missing('points'));
  }
  const { skin, cellCount } =
    dataset === 'POLYDATA' ? polyDataSkin(groups) : unstructuredSkin(groups.get('CELLS'), types);
  return {
    pointCount: points.length / 3,
    cellCount,
    skin,
    coordinates: listedCoordinates(points),
    ...arrays,
  };
}

function polyDataSkin(groups: ReadonlyMap<string, Groups>): { skin: Skin; cellCount: number } {
  const skin = new Skin();
  let cell = 0;
  for (const [keyword, kind] of Object.entries(GROUPS)) {
    const { points, ends } = groups.get(keyword) ?? { points: [], ends: [] };
    let start = 0;
    for (const end of ends) {
      addGroup(skin, kind, cell++, points, start, end);
      start = end;
    }
  }
  return { skin, cellCount: cell };
}

function unstructuredSkin(
  cells: Groups | undefined,
  types: Numbers | null,
): { skin: Skin; cellCount: number } {
  if (!cells || types === null || types.length !== cells.ends.length) {
    throw new MeshError(words.problems.missing('cells'));
  }
  // The points of a polyhedron are those of its faces here: how many faces, then each as how many points and which.
  const startOf = (cell: number) => (cell === 0 ? 0 : cells.ends[cell - 1]!);
  return {
    skin: skinOf({
      types,
      points: cells.points,
      ends: cells.ends,
      polyhedra: { stream: cells.points, startOf },
    }),
    cellCount: types.length,
  };
}
