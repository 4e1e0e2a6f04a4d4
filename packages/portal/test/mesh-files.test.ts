/** Files that VTK has written (fixtures/mesh/make.py), and what VTK itself finds in them. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { chances, often } from '../../contract/testing/often.ts';
import type { ArraySource, Mesh } from '../src/viewers/mesh/mesh.ts';
import { MeshError } from '../src/viewers/mesh/mesh-error.ts';
import { readMesh } from '../src/viewers/mesh/read/read-mesh.ts';
import { gather, type Surface, surfaceOf } from '../src/viewers/mesh/surface.ts';

const FIXTURES = join(import.meta.dirname, 'fixtures/mesh');
const open = async (path: string): Promise<Uint8Array> => await readFile(join(FIXTURES, path));

interface Expected {
  points: number;
  cells: number;
  polygons: number;
  area: number;
  bounds: number[];
}

const expected = JSON.parse(await readFile(join(FIXTURES, 'expected.json'), 'utf8')) as Record<
  string,
  Expected
>;

async function meshOf(name: string, bytes?: Uint8Array): Promise<Mesh> {
  const found = await readMesh(name, bytes ?? (await open(name)), open);
  if (found.kind !== 'mesh') {
    throw new Error(`${name} is a ${found.kind}`);
  }
  return found.mesh;
}

function* groupsOf(list: Uint32Array): Generator<Uint32Array> {
  for (let at = 0; at < list.length; at += list[at]! + 1) {
    yield list.subarray(at + 1, at + 1 + list[at]!);
  }
}

const point = ({ points }: Surface, id: number) =>
  [...points.subarray(id * 3, id * 3 + 3)] as [number, number, number];

function areaOf(surface: Surface): number {
  let area = 0;
  for (const ids of groupsOf(surface.polygons)) {
    for (let corner = 1; corner + 1 < ids.length; corner++) {
      const [a, b, c] = [ids[0]!, ids[corner]!, ids[corner + 1]!].map((id) => point(surface, id));
      const [u, v] = [b!, c!].map((end) => end.map((value, axis) => value - a![axis]!));
      area +=
        Math.hypot(
          u![1]! * v![2]! - u![2]! * v![1]!,
          u![2]! * v![0]! - u![0]! * v![2]!,
          u![0]! * v![1]! - u![1]! * v![0]!,
        ) / 2;
    }
  }
  return area;
}

function boundsOf({ points }: Surface): number[] {
  return [0, 1, 2].flatMap((axis) => {
    const values = points.filter((_, index) => index % 3 === axis);
    return [Math.min(...values), Math.max(...values)];
  });
}

const named = (arrays: readonly ArraySource[], name: string) => arrays.find((array) => array.name === name)!;

test('there is something to compare', () => {
  expect(Object.keys(expected).length).toBeGreaterThan(20);
});

describe.each(Object.entries(expected))('%s', (name, wanted) => {
  test('has the outside that VTK sees', async () => {
    const mesh = await meshOf(name);
    const surface = surfaceOf(mesh);
    expect(mesh.pointCount).toBe(wanted.points);
    expect(mesh.cellCount).toBe(wanted.cells);
    expect([...groupsOf(surface.polygons)]).toHaveLength(wanted.polygons);
    expect(areaOf(surface)).toBeCloseTo(wanted.area, 6);
    for (const [index, value] of boundsOf(surface).entries()) {
      expect(value).toBeCloseTo(wanted.bounds[index]!, 6);
    }
  });

  test('has each value at its point and its cell', async () => {
    const mesh = await meshOf(name);
    if (mesh.pointArrays.length === 0) {
      expect(name).toMatch(/\.(?:stl|ply|obj)$/);
      return;
    }
    const surface = surfaceOf(mesh);
    const heat = named(mesh.pointArrays, 'T');
    const flow = named(mesh.pointArrays, 'U');
    expect([heat.components, flow.components]).toEqual([1, 3]);
    const heats = gather(await heat.load(), 1, surface.pointIds);
    const flows = gather(await flow.load(), 3, surface.pointIds);
    for (let id = 0; id < surface.pointIds.length; id++) {
      const [x, y, z] = point(surface, id);
      expect(heats[id]).toBeCloseTo(x + 2 * y + 3 * z, 5);
      expect(flows.subarray(id * 3, id * 3 + 3)).toEqual(Float64Array.from([x, -y, 0.5], Math.fround));
    }
    const numbers = gather(await named(mesh.cellArrays, 'number of cell').load(), 1, surface.cellIds);
    expect(numbers).toEqual(Float64Array.from(surface.cellIds, (cell) => cell - 1));
  });
});

test('a unit that VTK keeps beside an array is told', async () => {
  for (const name of ['mixed-ascii.vtu', 'mixed-raw-zlib-wide.vtu', 'mixed-base64-zlib-big.vtu']) {
    const { pointArrays } = await meshOf(name);
    expect(pointArrays.map(({ name, unit }) => [name, unit])).toEqual([
      ['T', null],
      ['U', 'm/s'],
    ]);
  }
});

test('cells are drawn by their corners when they are curved', async () => {
  const surface = surfaceOf(await meshOf('quadratic.vtu'));
  const groups = [...groupsOf(surface.polygons)];
  expect(groups).toHaveLength(10);
  expect(groups.every(({ length }) => length === 4)).toBe(true);
  expect(areaOf(surface)).toBeCloseTo(10, 9);
});

test('pieces of several processors are one, and what two of them have is there once', async () => {
  const mesh = await meshOf('parts.pvtu');
  const surface = surfaceOf(mesh);
  expect(boundsOf(surface)).toEqual([0, 4, 0, 2, 0, 2]);
  // 2 x 2 x 4 cells: the outside has 40 faces, and each piece 4 where they touch.
  expect([...groupsOf(surface.polygons)]).toHaveLength(48);
  expect(mesh.cellArrays.map(({ name }) => name)).toEqual(['number of cell']);
  const heats = gather(await named(mesh.pointArrays, 'T').load(), 1, surface.pointIds);
  for (let id = 0; id < surface.pointIds.length; id++) {
    const [x, y, z] = point(surface, id);
    expect(heats[id]).toBe(x + 2 * y + 3 * z);
  }
});

test('compressors that browsers do not have are refused by name', async () => {
  await expect(meshOf('mixed-lz4.vtu')).rejects.toThrow(/compressed by LZ4/);
  await expect(meshOf('mixed-lzma.vtu')).rejects.toThrow(/compressed by LZMA/);
});

test.each(Object.keys(expected))(
  '%s: a file that is cut anywhere is refused in words or shows what it has',
  async (name) => {
    const whole = await open(name);
    for (let length = 0; length < whole.length; length += 61) {
      const outcome = await lookAtAll(name, whole.subarray(0, length));
      if (outcome instanceof Error) {
        expect(outcome.name, `${length} bytes: ${outcome.stack}`).toBe('MeshError');
      }
    }
  },
);

test('a file in which bytes are wrong is refused in words, soon, or shows what it has', async () => {
  const { seed, below } = chances();
  const names = [...Object.keys(expected), 'parts.pvtu', 'quadratic.vtu'];
  const there = new Set([...names, 'parts_0.vtu', 'parts_1.vtu']);
  const openOne = async (path: string) => {
    if (!there.has(path)) {
      throw new MeshError(`${path} is not there`);
    }
    return await open(path);
  };
  const rounds = often(400);
  for (let round = 0; round < rounds; round++) {
    const name = names[below(names.length)]!;
    const bytes = new Uint8Array(await open(name));
    for (let wrong = 0; wrong <= below(4); wrong++) {
      bytes[below(bytes.length)] = below(3) === 0 ? 48 + below(10) : below(256);
    }
    const outcome = await lookAtAll(name, bytes, openOne);
    if (outcome instanceof Error) {
      expect(outcome.name, `seed ${seed}, round ${round}, ${name}: ${outcome.stack}`).toBe('MeshError');
    }
  }
});

/** Everything that the viewer may ask for; the first error of any of it. */
async function lookAtAll(name: string, bytes: Uint8Array, openOne = open): Promise<Error | null> {
  try {
    const found = await readMesh(name, bytes, openOne);
    if (found.kind === 'mesh') {
      surfaceOf(found.mesh);
      for (const array of [...found.mesh.pointArrays, ...found.mesh.cellArrays]) {
        await array.load();
      }
    }
    return null;
  } catch (error) {
    return error as Error;
  }
}
