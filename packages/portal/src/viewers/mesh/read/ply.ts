import { mesh as words } from '../../../words/en/mesh.ts';
import { type ArraySource, listedCoordinates, type Mesh } from '../mesh.ts';
import { MeshError } from '../mesh-error.ts';
import type { Numbers } from '../numbers.ts';
import { Skin } from '../skin.ts';
import { AsciiReader } from './ascii.ts';
import { bytesOf, emptyNumbers, type NumberType } from './binary.ts';

interface Property {
  name: string;
  type: NumberType;
  /** The type of how many there are, of a list. */
  listType: NumberType | null;
}

interface PlyElement {
  name: string;
  count: number;
  properties: Property[];
}

const TYPES: Readonly<Record<string, NumberType>> = {
  char: 'Int8',
  uchar: 'UInt8',
  short: 'Int16',
  ushort: 'UInt16',
  int: 'Int32',
  uint: 'UInt32',
  float: 'Float32',
  double: 'Float64',
  int8: 'Int8',
  uint8: 'UInt8',
  int16: 'Int16',
  uint16: 'UInt16',
  int32: 'Int32',
  uint32: 'UInt32',
  float32: 'Float32',
  float64: 'Float64',
};

/** Points with what is known of each, and faces, as text or bytes of either order. */
export function readPly(bytes: Uint8Array): Mesh {
  const head = new AsciiReader(bytes);
  const { format, elements } = readHead(head);
  const next =
    format === 'ascii' ? textReader(head) : byteReader(bytes, head.at, format === 'binary_little_endian');
  const skin = new Skin();
  const columns = new Map<string, Map<string, Numbers>>();
  let cellCount = 0;
  for (const { name, count, properties } of elements) {
    if (count > bytes.length) {
      throw new MeshError(words.problems.cut);
    }
    const values = new Map(
      properties
        .filter(({ listType }) => listType === null)
        .map((property) => [property.name, emptyNumbers(property.type, count)]),
    );
    columns.set(name, values);
    for (let row = 0; row < count; row++) {
      for (const property of properties) {
        if (property.listType === null) {
          values.get(property.name)![row] = next(property.type);
          continue;
        }
        const length = next(property.listType);
        if (!(length >= 0 && length <= bytes.length)) {
          throw new MeshError(words.problems.broken(property.name));
        }
        const items = Array.from({ length }, () => next(property.type));
        if (name === 'face' && /^vert(?:ex|ices)_?ind(?:ex|ices)$|^vertex_ind/.test(property.name)) {
          skin.addPolygon(row, items);
        }
      }
    }
    if (name === 'face') {
      cellCount = count;
    }
  }
  return meshOf(columns, skin, cellCount);
}

function meshOf(columns: Map<string, Map<string, Numbers>>, skin: Skin, cellCount: number): Mesh {
  const vertices = columns.get('vertex') ?? new Map<string, Numbers>();
  const axes = ['x', 'y', 'z'].map((axis) => vertices.get(axis));
  const pointCount = axes[0]?.length ?? 0;
  if (!axes.every((axis) => axis !== undefined)) {
    throw new MeshError(words.problems.missing('x, y and z of its points'));
  }
  const points = new Float64Array(pointCount * 3);
  for (const [axis, values] of axes.entries()) {
    for (let point = 0; point < pointCount; point++) {
      points[point * 3 + axis] = values![point]!;
    }
  }
  if (cellCount === 0) {
    for (let point = 0; point < pointCount; point++) {
      skin.addVertex(point, point);
    }
  }
  return {
    pointCount,
    cellCount: cellCount === 0 ? pointCount : cellCount,
    skin,
    coordinates: listedCoordinates(points),
    pointArrays: arraysOf(vertices),
    cellArrays: cellCount === 0 ? [] : arraysOf(columns.get('face') ?? new Map()),
  };
}

function arraysOf(columns: Map<string, Numbers>): ArraySource[] {
  return [...columns]
    .filter(([name]) => !['x', 'y', 'z'].includes(name))
    .map(([name, values]) => ({ name, components: 1, unit: null, load: async () => values }));
}

function readHead(reader: AsciiReader): { format: string; elements: PlyElement[] } {
  const elements: PlyElement[] = [];
  let format = '';
  for (let line = reader.line(); line.trim() !== 'end_header'; line = reader.line()) {
    const [kind, ...rest] = line.trim().split(/\s+/);
    if (kind === 'format') {
      format = rest[0] ?? '';
    } else if (kind === 'element') {
      const count = Number(rest[1]);
      if (!Number.isInteger(count) || count < 0) {
        throw new MeshError(words.problems.broken('its elements'));
      }
      elements.push({ name: rest[0] ?? '', count, properties: [] });
    } else if (kind === 'property') {
      elements.at(-1)?.properties.push(propertyOf(rest));
    } else if (reader.at >= reader.end) {
      throw new MeshError(words.problems.cut);
    }
  }
  if (!['ascii', 'binary_little_endian', 'binary_big_endian'].includes(format)) {
    throw new MeshError(words.problems.missing('a format'));
  }
  return { format, elements };
}

function propertyOf(parts: readonly string[]): Property {
  const isList = parts[0] === 'list';
  const listType = isList ? TYPES[parts[1] ?? ''] : null;
  const type = TYPES[parts[isList ? 2 : 0] ?? ''];
  const name = parts[isList ? 3 : 1];
  if (type === undefined || listType === undefined || name === undefined) {
    throw new MeshError(words.problems.property(parts.join(' ').slice(0, 80)));
  }
  return { name, type, listType };
}

type Next = (type: NumberType) => number;

function textReader(reader: AsciiReader): Next {
  return () => reader.number();
}

function byteReader(bytes: Uint8Array, start: number, isLittle: boolean): Next {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = start;
  return (type) => {
    const from = at;
    at += bytesOf(type);
    if (at > bytes.length) {
      throw new MeshError(words.problems.cut);
    }
    switch (type) {
      case 'Int8':
        return view.getInt8(from);
      case 'UInt8':
        return view.getUint8(from);
      case 'Int16':
        return view.getInt16(from, isLittle);
      case 'UInt16':
        return view.getUint16(from, isLittle);
      case 'Int32':
        return view.getInt32(from, isLittle);
      case 'UInt32':
        return view.getUint32(from, isLittle);
      case 'Float32':
        return view.getFloat32(from, isLittle);
      default:
        return view.getFloat64(from, isLittle);
    }
  };
}
