import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FaceTable } from './face-table.ts';
import { skinOf } from './skin.ts';

/** A block of hexahedra whose points are numbered at random. */
function block(nx: number, ny: number, nz: number, order: readonly number[]) {
  const points: number[] = [];
  const ends: number[] = [];
  const id = (x: number, y: number, z: number) => order[x + (nx + 1) * (y + (ny + 1) * z)]!;
  for (let z = 0; z < nz; z++) {
    for (let y = 0; y < ny; y++) {
      for (let x = 0; x < nx; x++) {
        for (const top of [z, z + 1]) {
          points.push(id(x, y, top), id(x + 1, y, top), id(x + 1, y + 1, top), id(x, y + 1, top));
        }
        ends.push(points.length);
      }
    }
  }
  return { types: ends.map(() => 12), points, ends };
}

test('of a block of cells the faces around it stay, however its points are numbered', () => {
  fc.assert(
    fc.property(
      fc
        .tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 }))
        .chain(([nx, ny, nz]) => {
          const count = (nx + 1) * (ny + 1) * (nz + 1);
          const ids = Array.from({ length: count }, (_, index) => index);
          return fc.record({
            size: fc.constant([nx, ny, nz] as const),
            order: fc.shuffledSubarray(ids, { minLength: count, maxLength: count }),
          });
        }),
      ({ size: [nx, ny, nz], order }) => {
        const skin = skinOf(block(nx, ny, nz, order));
        expect(skin.polygonCells.length).toBe(2 * (nx * ny + ny * nz + nx * nz));
        expect(new Set(skin.polygonCells.values()).size).toBe(
          nx * ny * nz - Math.max(0, nx - 2) * Math.max(0, ny - 2) * Math.max(0, nz - 2),
        );
      },
    ),
  );
});

test('a table that has grown by far still knows each face', () => {
  const table = new FaceTable();
  const count = 50_000;
  for (let face = 0; face < count; face++) {
    table.add(face, face + 1, face + 2, -1, 3, face, 0);
  }
  for (let face = 0; face < count; face += 2) {
    table.add(face, face + 1, face + 2, -1, 3, face, 1);
  }
  const { cells } = table.outer(count);
  expect(cells).toEqual(Int32Array.from({ length: count / 2 }, (_, index) => index * 2 + 1));
});

test('cells of another part and hidden ones are left out, so what they cover is outside', () => {
  const cells = block(
    2,
    1,
    1,
    Array.from({ length: 12 }, (_, index) => index),
  );
  expect(skinOf(cells).polygonCells.length).toBe(10);
  expect([...skinOf({ ...cells, ghosts: [0, 1] }).polygonCells.values()]).toEqual([0, 0, 0, 0, 0, 0]);
});

test('cells that are not drawn are counted, and those that lack points are refused', () => {
  const { omitted } = skinOf({ types: [200, 200, 1], points: [0, 1, 2], ends: [1, 2, 3] });
  expect([...omitted]).toEqual([[200, 2]]);
  expect(() => skinOf({ types: [12], points: [0, 1, 2], ends: [3] })).toThrow('connectivity');
  expect(() => skinOf({ types: [5], points: [0, 1, 2], ends: [9] })).toThrow('offsets');
  expect(() => skinOf({ types: [5, 5], points: [0, 1, 2], ends: [3, 1] })).toThrow('offsets');
});
