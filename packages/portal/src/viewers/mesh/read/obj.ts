import { mesh as words } from '../../../words/en/mesh.ts';
import { listedCoordinates, type Mesh } from '../mesh.ts';
import { MeshError } from '../mesh-error.ts';
import { Skin } from '../skin.ts';
import { AsciiReader } from './ascii.ts';

/** Points, faces and lines of a Wavefront file; materials and textures are not shown. */
export function readObj(bytes: Uint8Array): Mesh {
  const reader = new AsciiReader(bytes);
  const values: number[] = [];
  const skin = new Skin();
  let cell = 0;
  while (reader.skipBlanks()) {
    let line = reader.line();
    while (line.endsWith('\\') && reader.at < reader.end) {
      line = line.slice(0, -1) + reader.line();
    }
    const [kind, ...rest] = line.trim().split(/\s+/);
    if (kind === 'v') {
      for (let axis = 0; axis < 3; axis++) {
        values.push(coordinateOf(rest[axis]));
      }
    } else if (kind === 'f' || kind === 'l') {
      const points = rest.map((word) => pointOf(word, values.length / 3));
      if (kind === 'f') {
        skin.addPolygon(cell++, points);
      } else {
        skin.addLine(cell++, points);
      }
    }
  }
  return {
    pointCount: values.length / 3,
    cellCount: cell,
    skin,
    coordinates: listedCoordinates(new Float64Array(values)),
    pointArrays: [],
    cellArrays: [],
  };
}

function coordinateOf(word: string | undefined): number {
  const value = Number(word);
  if (word === undefined || Number.isNaN(value)) {
    throw new MeshError(words.problems.number((word ?? '').slice(0, 40)));
  }
  return value;
}

/** `7`, `7/1`, `7//3`; from the end when it is negative. */
function pointOf(word: string, known: number): number {
  const value = Number.parseInt(word, 10);
  const point = value < 0 ? known + value : value - 1;
  if (!Number.isInteger(point) || point < 0) {
    throw new MeshError(words.problems.broken('faces'));
  }
  return point;
}
