import { mesh as words } from '../../../words/en/mesh.ts';
import { listedCoordinates, type Mesh } from '../mesh.ts';
import { MeshError } from '../mesh-error.ts';
import { Skin } from '../skin.ts';
import { AsciiReader } from './ascii.ts';

const HEAD_BYTES = 84;
const TRIANGLE_BYTES = 50;

/** Triangles, each with corners of its own, binary or as text. */
export function readStl(bytes: Uint8Array): Mesh {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const count = bytes.length >= HEAD_BYTES ? view.getUint32(80, true) : 0;
  // Binary files may begin with `solid` as well: their length tells.
  const isText =
    new TextDecoder('latin1').decode(bytes.subarray(0, 6)).trimStart().startsWith('solid') &&
    bytes.length !== HEAD_BYTES + count * TRIANGLE_BYTES;
  if (isText) {
    return meshOf(readText(bytes));
  }
  if (bytes.length < HEAD_BYTES + count * TRIANGLE_BYTES) {
    throw new MeshError(words.problems.cut);
  }
  const corners = new Float32Array(count * 9);
  for (let triangle = 0; triangle < count; triangle++) {
    const from = HEAD_BYTES + triangle * TRIANGLE_BYTES + 12;
    for (let index = 0; index < 9; index++) {
      corners[triangle * 9 + index] = view.getFloat32(from + index * 4, true);
    }
  }
  return meshOf(corners);
}

function readText(bytes: Uint8Array): Float32Array<ArrayBuffer> {
  const reader = new AsciiReader(bytes);
  const values: number[] = [];
  for (let word = reader.word(); word !== null; word = reader.word()) {
    if (word === 'vertex') {
      values.push(reader.number(), reader.number(), reader.number());
    }
  }
  if (values.length === 0 || values.length % 9 !== 0) {
    throw new MeshError(words.problems.cut);
  }
  return new Float32Array(values);
}

function meshOf(corners: Float32Array<ArrayBuffer>): Mesh {
  const cellCount = corners.length / 9;
  const skin = new Skin();
  for (let triangle = 0; triangle < cellCount; triangle++) {
    skin.addPolygon(triangle, [triangle * 3, triangle * 3 + 1, triangle * 3 + 2]);
  }
  return {
    pointCount: cellCount * 3,
    cellCount,
    skin,
    coordinates: listedCoordinates(corners),
    pointArrays: [],
    cellArrays: [],
  };
}
