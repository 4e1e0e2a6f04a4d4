import { expect, test } from 'vitest';
import type { Mesh } from '../mesh.ts';
import { surfaceOf } from '../surface.ts';
import { AsciiReader } from './ascii.ts';
import { decodeBase64 } from './base64.ts';
import { meshFormatOf, pointsSaid } from './format.ts';
import { readObj } from './obj.ts';
import { readPly } from './ply.ts';
import { readMesh } from './read-mesh.ts';
import { resolvePath } from './resolve-path.ts';
import { all, first, parseXml } from './xml.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const alone = async () => {
  throw new Error('nothing else is there');
};
const read = async (name: string, text: string): Promise<Mesh> => {
  const found = await readMesh(name, bytes(text), alone);
  expect(found.kind).toBe('mesh');
  return (found as { mesh: Mesh }).mesh;
};

test('numbers are read as exactly as the language reads them', () => {
  const texts = [
    '0',
    '-0.5',
    '+7',
    '.5',
    '5.',
    '1e3',
    '1E-3',
    '-1.25e+2',
    '0.1',
    '123456789012345678',
    '1e300',
    '4.9e-324',
    '0.30000000000000004',
  ];
  const reader = new AsciiReader(bytes(texts.join(' \n\t')));
  expect(texts.map(() => reader.number())).toEqual(texts.map(Number));
  expect(reader.skipBlanks()).toBe(false);
});

test('what C writes for no number is none, and words are refused', () => {
  const reader = new AsciiReader(bytes('nan -NaN inf -inf nan(0x1)'));
  expect([1, 2, 3, 4, 5].map(() => reader.number())).toEqual([NaN, NaN, Infinity, -Infinity, NaN]);
  expect(() => new AsciiReader(bytes('1.5abc')).number()).toThrow('“1.5abc”');
  expect(() => new AsciiReader(bytes('-')).number()).toThrow('A number was expected');
  expect(() => new AsciiReader(bytes(' ')).number()).toThrow('ends in the middle');
});

test('base64 is read on behind padding, without blanks, and only as far as wanted', () => {
  const text = bytes(` ${Buffer.from('ab').toString('base64')}\n${Buffer.from('cdef').toString('base64')}<`);
  const decode = (wanted: number) => new TextDecoder().decode(decodeBase64(text, 0, text.length - 1, wanted));
  expect([decode(100), decode(3), decode(2)]).toEqual(['abcdef', 'abc', 'ab']);
  expect(() => decodeBase64(text, 0, text.length, 100)).toThrow('damaged');
});

test('XML is read with comments, quotes and entities, and what follows the appended data is not looked at', () => {
  const root = parseXml(
    bytes(
      `<?xml version="1.0"?><!-- <a> > --><VTKFile a='"' b="&lt;&#65;&amp;"><P><D n="1>2"/></P><D/>text</VTKFile>`,
    ),
  );
  expect(root.attributes).toEqual({ a: '"', b: '<A&' });
  expect(all(first(root, 'P'), 'D')[0]!.attributes).toEqual({ n: '1>2' });
  expect(parseXml(bytes('<a><AppendedData encoding="raw">_</b><</AppendedData></a>')).children).toHaveLength(
    1,
  );
});

test('XML that is cut, crossed, or endlessly deep is refused', () => {
  expect(() => parseXml(bytes('<a><b>'))).toThrow('ends in the middle');
  expect(() => parseXml(bytes('<a'))).toThrow('ends in the middle');
  expect(() => parseXml(bytes('<a><b></a>'))).toThrow('closes nothing');
  expect(() => parseXml(bytes('<a>'.repeat(100)))).toThrow('nested');
  expect(() => parseXml(bytes('no XML'))).toThrow('no element');
});

test('faces of polyhedra are read as they were written before VTK 9.4', async () => {
  const points = [0, 1].flatMap((z) => [`0 0 ${z}`, `1 0 ${z}`, `1 1 ${z}`, `0 1 ${z}`]);
  const faces = '6 4 0 3 2 1 4 4 5 6 7 4 0 1 5 4 4 1 2 6 5 4 2 3 7 6 4 3 0 4 7';
  const mesh = await read(
    'a.vtu',
    `<VTKFile type="UnstructuredGrid"><UnstructuredGrid><Piece NumberOfPoints="8" NumberOfCells="2">
      <Points><DataArray type="Float32" NumberOfComponents="3" format="ascii">${points.join(' ')}</DataArray></Points>
      <Cells><DataArray type="Int32" Name="connectivity" format="ascii">0 1 2 0 1 2 3 4 5 6 7</DataArray>
      <DataArray type="Int32" Name="offsets" format="ascii">3 11</DataArray>
      <DataArray type="UInt8" Name="types" format="ascii">5 42</DataArray>
      <DataArray type="Int32" Name="faces" format="ascii">${faces}</DataArray>
      <DataArray type="Int32" Name="faceoffsets" format="ascii">-1 31</DataArray></Cells>
      </Piece></UnstructuredGrid></VTKFile>`,
  );
  const { polygons, cellIds } = surfaceOf(mesh);
  expect(polygons.filter((value, at) => at === 0 || value === 4).length).toBeGreaterThan(0);
  expect([...cellIds]).toEqual([0, 1, 1, 1, 1, 1, 1]);
});

test('an OBJ has negative numbers, textures, lines that go on, and lines', () => {
  const { skin, pointCount } = readObj(
    bytes('# a\nv 0 0 0\nv 1 0 0\nv 1 1 0\nv 0 1 0 1.0\nvt 0 0\nf 1/1/1 2//1 \\\n 3 4\nl -1 -2\n'),
  );
  expect(pointCount).toBe(4);
  expect([...skin.polygons.values()]).toEqual([4, 0, 1, 2, 3]);
  expect([...skin.lines.values()]).toEqual([2, 3, 2]);
  expect(() => readObj(bytes('v 0 0 x\n'))).toThrow('“x”');
  expect(() => readObj(bytes('v 0 0 0\nf 1 2 -9\n'))).toThrow('damaged');
});

test('a PLY without faces is its points, with what is known of each', async () => {
  const mesh = readPly(
    bytes(
      'ply\nformat ascii 1.0\ncomment x\nelement vertex 2\nproperty float x\nproperty float y\nproperty float z\nproperty uchar red\nend_header\n0 0 0 7\n1 2 3 9\n',
    ),
  );
  expect([...mesh.skin.vertices.values()]).toEqual([1, 0, 1, 1]);
  expect(mesh.pointArrays.map(({ name }) => name)).toEqual(['red']);
  expect([...(await mesh.pointArrays[0]!.load())]).toEqual([7, 9]);
});

test('counts that are lies are refused before memory is taken for them', async () => {
  const vtu = (points: string) =>
    `<VTKFile type="UnstructuredGrid"><UnstructuredGrid><Piece NumberOfPoints="${points}" NumberOfCells="1"><Points><DataArray type="Float64" NumberOfComponents="3" format="ascii">0 0 0</DataArray></Points></Piece></UnstructuredGrid></VTKFile>`;
  await expect(read('a.vtu', vtu('999999999999'))).rejects.toThrow('ends in the middle');
  await expect(read('a.vtu', vtu('x'))).rejects.toThrow('lacks NumberOfPoints');
  await expect(
    read('a.vtk', '# vtk DataFile Version 3.0\n\nASCII\nDATASET POLYDATA\nPOINTS 999999999999 float\n0 0 0'),
  ).rejects.toThrow('ends in the middle');
  await expect(
    read('a.ply', 'ply\nformat ascii 1.0\nelement vertex 999999999\nproperty float x\nend_header\n1'),
  ).rejects.toThrow('ends in the middle');
});

test('files are known by what they begin with, then by their name', () => {
  expect(meshFormatOf('a.txt', bytes('<?xml version="1.0"?>\n<VTKFile type="PolyData">'))).toBe('vtk-xml');
  expect(meshFormatOf('a', bytes('# vtk DataFile Version 3.0\n'))).toBe('vtk-legacy');
  expect(meshFormatOf('a.OBJ', bytes('v 0 0 0'))).toBe('obj');
  expect(meshFormatOf('a.constructor', bytes('x'))).toBeNull();
});

test('how many points there are is known from the head', () => {
  expect(pointsSaid('vtk-xml', bytes('<Piece NumberOfPoints="30" ><Piece NumberOfPoints="12">'))).toBe(42);
  expect(pointsSaid('vtk-xml', bytes('<ImageData WholeExtent="0 999 0 999 0 99">'))).toBe(100_000_000);
  expect(pointsSaid('vtk-legacy', bytes('DATASET POLYDATA\nPOINTS 12 float'))).toBe(12);
  expect(pointsSaid('vtk-legacy', bytes('DIMENSIONS 3 4 5'))).toBe(60);
  expect(pointsSaid('ply', bytes('ply\nelement vertex 9\n'))).toBe(9);
});

test('what a file refers to lies beside it, and never above the run', () => {
  expect(resolvePath('out/a.pvd', 'a/b_0.vtu')).toBe('out/a/b_0.vtu');
  expect(resolvePath('out/a.pvd', '../../../etc/passwd')).toBe('etc/passwd');
  expect(resolvePath('out/a.pvd', '..\\x.vtu')).toBe('x.vtu');
});

test('a collection tells times and files', async () => {
  const found = await readMesh(
    'out/a.pvd',
    bytes(
      '<VTKFile type="Collection"><Collection><DataSet timestep="0.5" file="a_0.vtu"/><DataSet timestep="nan" file="a_1.vtu"/></Collection></VTKFile>',
    ),
    alone,
  );
  expect(found).toEqual({
    kind: 'series',
    parts: [
      { time: 0.5, path: 'out/a_0.vtu' },
      { time: 1, path: 'out/a_1.vtu' },
    ],
  });
});

test('a grid that says it is larger than anything is refused at once, wherever it says so', async () => {
  const grid =
    '<VTKFile type="ImageData"><ImageData><Piece Extent="0 999999 0 999999 0 999999"/></ImageData></VTKFile>';
  await expect(read('a.vti', grid)).rejects.toThrow('the 3D view takes up to 20,000,000');
  const legacy =
    '# vtk DataFile Version 3.0\n\nASCII\nDATASET STRUCTURED_POINTS\nDIMENSIONS 99999 99999 99999\n';
  await expect(read('a.vtk', legacy)).rejects.toThrow('the 3D view takes up to 20,000,000');
});

test('places of faces that do not rise, or one face for all cells, are refused and do not fill the memory', async () => {
  const file = (cellCount: number, offsets: string, ids: string, ends: string, points: string) => {
    const array = (name: string, values: string) =>
      `<DataArray type="Int64" Name="${name}" format="ascii">${values}</DataArray>`;
    const each = (value: number) => Array.from({ length: cellCount }, () => value).join(' ');
    return `<VTKFile type="UnstructuredGrid"><UnstructuredGrid><Piece NumberOfPoints="3" NumberOfCells="${cellCount}">
      <Points><DataArray type="Float32" NumberOfComponents="3" format="ascii">0 0 0 1 0 0 0 1 0</DataArray></Points>
      <Cells>${array('connectivity', '')}${array('offsets', each(0))}${array('types', each(42))}
      ${array('polyhedron_offsets', offsets)}${array('polyhedron_to_faces', ids)}
      ${array('face_offsets', ends)}${array('face_connectivity', points)}</Cells></Piece></UnstructuredGrid></VTKFile>`;
  };
  await expect(read('a.vtu', file(2, '999999999 1', '0', '3', '0 1 2'))).rejects.toThrow('offsets');
  await expect(read('a.vtu', file(1, '1', '0', '3', '0 1 2'))).resolves.toBeDefined();
  const many = 5000;
  const one = Array.from({ length: many }, () => '0').join(' ');
  const rising = Array.from({ length: many }, (_, index) => index + 1).join(' ');
  await expect(read('a.vtu', file(many, rising, one, String(many), one))).rejects.toThrow('faces');
});
