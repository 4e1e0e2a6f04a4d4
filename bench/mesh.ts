/** How long the 3D view of the portal takes to read a large mesh and to find its outside; without a browser, whose worker does the same. */
import { deflateSync } from 'node:zlib';
import { readMesh } from '../packages/portal/src/viewers/mesh/read/read-mesh.ts';
import { gather, surfaceOf } from '../packages/portal/src/viewers/mesh/surface.ts';
import type { Benchmark } from './lib/benchmark.ts';
import { alternate, summarize, timed } from './lib/samples.ts';

const RUNS = 5;
const CELLS_ALONG = 100;
const TINY_CELLS_ALONG = 8;
/** As VTK writes by default. */
const BLOCK_BYTES = 22_528;

export const mesh: Benchmark = {
  name: 'mesh',
  summary: 'reading a .vtu of 1,000,000 cells, its surface, and the values on it',

  async run({ runs = RUNS, tiny, note }) {
    const along = tiny ? TINY_CELLS_ALONG : CELLS_ALONG;
    note(`making ${along ** 3} cells`);
    const cube = cubeOf(along);
    const plain = fileOf(cube, false);
    const packed = fileOf(cube, true);
    const mixed = fileOf(renumbered(cube), false);
    const cpu = { plain: [] as number[], packed: [] as number[], mixed: [] as number[] };
    const measure = (name: keyof typeof cpu, bytes: Uint8Array) => async () => {
      const before = process.cpuUsage();
      const ms = await timed(() => look(bytes, along));
      const { user, system } = process.cpuUsage(before);
      cpu[name].push((user + system) / 1e6);
      return ms / 1000;
    };
    const measured = await alternate(tiny ? 1 : runs, {
      plain: measure('plain', plain),
      packed: measure('packed', packed),
      mixed: measure('mixed', mixed),
    });
    const row = (name: keyof typeof cpu) => ({
      unit: 's',
      ...measured[name],
      clientCpuSeconds: summarize(cpu[name]).median,
    });
    const cells = `${along ** 3} hexahedra`;
    return {
      rows: [
        { what: `${cells}, ${megabytes(plain)} of bytes`, ...row('plain') },
        { what: `${cells}, compressed to ${megabytes(packed)}`, ...row('packed') },
        { what: `${cells}, numbered at random`, ...row('mixed') },
      ],
      figures: [
        {
          what: 'surface of a million cells, median',
          ...{ value: measured.plain.median, unit: 's', first: 5, final: 3, better: 'lower' },
        },
      ],
      remarks: [],
    };
  },
};

async function look(bytes: Uint8Array, along: number): Promise<void> {
  const file = await readMesh('bench.vtu', bytes, () => Promise.reject(new Error('There is no other file.')));
  if (file.kind !== 'mesh') {
    throw new Error('It is no mesh.');
  }
  const surface = surfaceOf(file.mesh);
  const values = gather(await file.mesh.pointArrays[0]!.load(), 1, surface.pointIds);
  if (surface.cellIds.length !== 6 * along ** 2 || values.length !== 6 * along ** 2 + 2) {
    throw new Error(`The surface has ${surface.cellIds.length} faces and ${values.length} points.`);
  }
}

interface Cube {
  points: Float32Array;
  values: Float64Array;
  /** As VTK writes them: 64 bits each. */
  connectivity: BigInt64Array;
}

function cubeOf(along: number): Cube {
  const side = along + 1;
  const points = new Float32Array(side ** 3 * 3);
  const values = new Float64Array(side ** 3);
  const connectivity = new BigInt64Array(along ** 3 * 8);
  for (let id = 0; id < side ** 3; id++) {
    const place = [id % side, Math.floor(id / side) % side, Math.floor(id / side ** 2)];
    points.set(place, id * 3);
    values[id] = place[0]! + 2 * place[1]! + 3 * place[2]!;
  }
  const corners = [0, 1, side + 1, side];
  let at = 0;
  for (let cell = 0; cell < along ** 3; cell++) {
    const first =
      (cell % along) + side * (Math.floor(cell / along) % along) + side ** 2 * Math.floor(cell / along ** 2);
    for (const top of [0, side ** 2]) {
      for (const corner of corners) {
        connectivity[at++] = BigInt(first + corner + top);
      }
    }
  }
  return { points, values, connectivity };
}

/** The same cells in another order and with other numbers, as some programs leave them. */
function renumbered({ points, values, connectivity }: Cube): Cube {
  const numbers = shuffled(values.length);
  const cells = shuffled(connectivity.length / 8);
  const moved: Cube = {
    points: new Float32Array(points.length),
    values: new Float64Array(values.length),
    connectivity: new BigInt64Array(connectivity.length),
  };
  for (const [id, number] of numbers.entries()) {
    moved.points.set(points.subarray(id * 3, id * 3 + 3), number * 3);
    moved.values[number] = values[id]!;
  }
  for (const [cell, place] of cells.entries()) {
    for (let corner = 0; corner < 8; corner++) {
      moved.connectivity[place * 8 + corner] = BigInt(numbers[Number(connectivity[cell * 8 + corner]!)]!);
    }
  }
  return moved;
}

/** Always the same order: figures of two days are of the same work. */
function shuffled(length: number): Uint32Array {
  const order = Uint32Array.from({ length }, (_, index) => index);
  let seed = 1;
  for (let index = length - 1; index > 0; index--) {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    const other = seed % (index + 1);
    const kept = order[index]!;
    order[index] = order[other]!;
    order[other] = kept;
  }
  return order;
}

function fileOf({ points, values, connectivity }: Cube, isCompressed: boolean): Uint8Array {
  const cells = connectivity.length / 8;
  const arrays: Record<string, ArrayBufferView> = {
    values,
    points,
    connectivity,
    offsets: BigInt64Array.from({ length: cells }, (_, cell) => BigInt((cell + 1) * 8)),
    types: new Uint8Array(cells).fill(12),
  };
  const offsets: Record<string, number> = {};
  const parts: Uint8Array[] = [];
  let offset = 0;
  for (const [name, { buffer, byteOffset, byteLength }] of Object.entries(arrays)) {
    const bytes = new Uint8Array(buffer, byteOffset, byteLength);
    offsets[name] = offset;
    for (const part of isCompressed ? blocksOf(bytes) : [lengthsOf(bytes.length), bytes]) {
      parts.push(part);
      offset += part.length;
    }
  }
  const array = (type: string, name: string, components = 1) =>
    `<DataArray type="${type}" Name="${name}" NumberOfComponents="${components}" format="appended" offset="${offsets[name]}"/>`;
  const compressor = isCompressed ? ' compressor="vtkZLibDataCompressor"' : '';
  const head = `<VTKFile type="UnstructuredGrid" byte_order="LittleEndian" header_type="UInt32"${compressor}>
<UnstructuredGrid><Piece NumberOfPoints="${points.length / 3}" NumberOfCells="${cells}">
<PointData>${array('Float64', 'values')}</PointData><Points>${array('Float32', 'points', 3)}</Points>
<Cells>${array('Int64', 'connectivity')}${array('Int64', 'offsets')}${array('UInt8', 'types')}</Cells>
</Piece></UnstructuredGrid><AppendedData encoding="raw">_`;
  return new Uint8Array(Buffer.concat([Buffer.from(head), ...parts]));
}

function blocksOf(bytes: Uint8Array): Uint8Array[] {
  const blocks: Uint8Array[] = [];
  for (let start = 0; start < bytes.length; start += BLOCK_BYTES) {
    blocks.push(deflateSync(bytes.subarray(start, start + BLOCK_BYTES), { level: 1 }));
  }
  const sizes = blocks.map(({ length }) => length);
  return [lengthsOf(blocks.length, BLOCK_BYTES, bytes.length % BLOCK_BYTES, ...sizes), ...blocks];
}

function lengthsOf(...lengths: number[]): Uint8Array {
  return new Uint8Array(new Uint32Array(lengths).buffer);
}

function megabytes({ length }: Uint8Array): string {
  return `${Math.round(length / 1e6)} MB`;
}
