/** Numbers of cell types and the order of their points: https://docs.vtk.org/en/latest/vtk_file_formats/vtk_legacy_file_format.html */
export const VTK = {
  empty: 0,
  vertex: 1,
  polyVertex: 2,
  line: 3,
  polyLine: 4,
  triangleStrip: 6,
  polygon: 7,
  pixel: 8,
  quad: 9,
  polyhedron: 42,
} as const;

/** How a cell is drawn: of those with a volume the faces, by the points of the cell. */
export type CellShape =
  | { kind: 'nothing' | 'vertices' | 'line' | 'strip' | 'polygon' | 'polyhedron' }
  /** A line, triangle or quadrangle with points between its corners, which are not drawn. */
  | { kind: 'corners'; corners: readonly number[] }
  | { kind: 'volume'; faces: readonly (readonly number[])[]; corners: number };

const tetrahedron = [
  [0, 1, 3],
  [1, 2, 3],
  [2, 0, 3],
  [0, 2, 1],
];
const voxel = [
  [0, 4, 6, 2],
  [1, 3, 7, 5],
  [0, 1, 5, 4],
  [2, 6, 7, 3],
  [0, 2, 3, 1],
  [4, 5, 7, 6],
];
const hexahedron = [
  [0, 4, 7, 3],
  [1, 2, 6, 5],
  [0, 1, 5, 4],
  [3, 7, 6, 2],
  [0, 3, 2, 1],
  [4, 5, 6, 7],
];
const wedge = [
  [0, 1, 2],
  [3, 5, 4],
  [0, 3, 4, 1],
  [1, 4, 5, 2],
  [2, 5, 3, 0],
];
const pyramid = [
  [0, 3, 2, 1],
  [0, 1, 4],
  [1, 2, 4],
  [2, 3, 4],
  [3, 0, 4],
];
const pentagonalPrism = [
  [0, 4, 3, 2, 1],
  [5, 6, 7, 8, 9],
  [0, 1, 6, 5],
  [1, 2, 7, 6],
  [2, 3, 8, 7],
  [3, 4, 9, 8],
  [4, 0, 5, 9],
];
const hexagonalPrism = [
  [0, 5, 4, 3, 2, 1],
  [6, 7, 8, 9, 10, 11],
  [0, 1, 7, 6],
  [1, 2, 8, 7],
  [2, 3, 9, 8],
  [3, 4, 10, 9],
  [4, 5, 11, 10],
  [5, 0, 6, 11],
];

const volume = (faces: readonly (readonly number[])[], corners: number): CellShape => ({
  kind: 'volume',
  faces,
  corners,
});
const LINE: CellShape = { kind: 'corners', corners: [0, 1] };
const TRIANGLE: CellShape = { kind: 'corners', corners: [0, 1, 2] };
const QUAD: CellShape = { kind: 'corners', corners: [0, 1, 2, 3] };
const TETRAHEDRON = volume(tetrahedron, 4);
const HEXAHEDRON = volume(hexahedron, 8);
const WEDGE = volume(wedge, 6);
const PYRAMID = volume(pyramid, 5);

/** By the number of the type; of curved ones (quadratic, Lagrange, Bézier) the corners come first and are what is shown. */
const SHAPES: Readonly<Record<number, CellShape>> = {
  [VTK.empty]: { kind: 'nothing' },
  [VTK.vertex]: { kind: 'vertices' },
  [VTK.polyVertex]: { kind: 'vertices' },
  [VTK.line]: { kind: 'line' },
  [VTK.polyLine]: { kind: 'line' },
  5: TRIANGLE,
  [VTK.triangleStrip]: { kind: 'strip' },
  [VTK.polygon]: { kind: 'polygon' },
  [VTK.pixel]: { kind: 'corners', corners: [0, 1, 3, 2] },
  [VTK.quad]: QUAD,
  10: TETRAHEDRON,
  11: volume(voxel, 8),
  12: HEXAHEDRON,
  13: WEDGE,
  14: PYRAMID,
  15: volume(pentagonalPrism, 10),
  16: volume(hexagonalPrism, 12),
  21: LINE,
  22: TRIANGLE,
  23: QUAD,
  24: TETRAHEDRON,
  25: HEXAHEDRON,
  26: WEDGE,
  27: PYRAMID,
  28: QUAD,
  29: HEXAHEDRON,
  30: QUAD,
  31: WEDGE,
  32: WEDGE,
  33: HEXAHEDRON,
  34: TRIANGLE,
  35: LINE,
  37: PYRAMID,
  [VTK.polyhedron]: { kind: 'polyhedron' },
  68: LINE,
  69: TRIANGLE,
  70: QUAD,
  71: TETRAHEDRON,
  72: HEXAHEDRON,
  73: WEDGE,
  74: PYRAMID,
  75: LINE,
  76: TRIANGLE,
  77: QUAD,
  78: TETRAHEDRON,
  79: HEXAHEDRON,
  80: WEDGE,
  81: PYRAMID,
};

/** Null for a type that is not drawn. */
export function shapeOf(type: number): CellShape | null {
  return SHAPES[type] ?? null;
}
