/**
 * Linear least squares by orthogonal transformation of a block of rows at a time (sequential Householder reduction:
 * C. Lawson and R. Hanson, Solving Least Squares Problems, 1974, chapter 27), so that a long table needs no more
 * memory than a short one and the condition of the problem is not squared.
 */
import { Matrix, QrDecomposition, SingularValueDecomposition } from 'ml-matrix';

export interface LeastSquares {
  coefficients: Float64Array;
  /** Sum of squared differences between what was fitted and the fit. */
  residualSquares: number;
  /**
   * The inverse of the triangular factor: with the variance of the residuals, its product with its own transpose is
   * the covariance of the coefficients.
   */
  inverseFactor: Matrix;
}

/** Columns that others make up to rounding: the indices of those that take part. */
export class CollinearError extends Error {
  override readonly name = 'CollinearError';
  readonly columns: number[];

  constructor(columns: number[]) {
    super('The columns depend on each other.');
    this.columns = columns;
  }
}

/**
 * Fits `rows` values as sums of coefficients times columns; `fill` writes the columns of one row, then its value.
 * There must be at least as many rows as columns. Throws a CollinearError when the solution is not unique.
 */
export function leastSquares(
  rows: number,
  columns: number,
  fill: (row: number, into: Float64Array) => void,
): LeastSquares {
  const width = columns + 1;
  const blockRows = Math.max(500, 2 * width);
  let factor = new Matrix(0, width);
  const squares = new Float64Array(columns);
  for (let start = 0; start < rows; start += blockRows) {
    const count = Math.min(blockRows, rows - start);
    // Padded to a square at least, since the decomposition wants no fewer rows than columns.
    const stacked = Matrix.zeros(Math.max(factor.rows + count, width), width);
    if (factor.rows > 0) {
      stacked.setSubMatrix(factor, 0, 0);
    }
    const line = new Float64Array(width);
    for (let at = 0; at < count; at++) {
      fill(start + at, line);
      stacked.setRow(factor.rows + at, line);
      for (let column = 0; column < columns; column++) {
        squares[column]! += line[column]! ** 2;
      }
    }
    factor = new QrDecomposition(stacked).upperTriangularMatrix;
  }

  const scale = squares.map((sum) => (sum > 0 ? Math.sqrt(sum) : 1));
  const triangle = factor.subMatrix(0, columns - 1, 0, columns - 1);
  refuseCollinear(triangle, scale, Math.max(rows, columns));
  const target = Float64Array.from({ length: columns }, (_, row) => factor.get(row, columns));
  return {
    coefficients: solveUpper(triangle, target),
    residualSquares: factor.get(columns, columns) ** 2,
    inverseFactor: inverseOfUpper(triangle),
  };
}

function refuseCollinear(triangle: Matrix, scale: Float64Array, size: number): void {
  const scaled = triangle.clone();
  for (let column = 0; column < scaled.columns; column++) {
    scaled.mulColumn(column, 1 / scale[column]!);
  }
  const { diagonal, rightSingularVectors } = new SingularValueDecomposition(scaled, {
    computeLeftSingularVectors: false,
  });
  const smallest = diagonal.length - 1;
  if (diagonal[smallest]! > diagonal[0]! * size * 4 * Number.EPSILON) {
    return;
  }
  const vector = rightSingularVectors.getColumn(smallest).map(Math.abs);
  const most = Math.max(...vector);
  throw new CollinearError(vector.flatMap((part, column) => (part > 1e-6 * most ? [column] : [])));
}

function solveUpper(triangle: Matrix, target: Float64Array): Float64Array {
  const solution = new Float64Array(target.length);
  for (let row = target.length - 1; row >= 0; row--) {
    let sum = target[row]!;
    for (let column = row + 1; column < target.length; column++) {
      sum -= triangle.get(row, column) * solution[column]!;
    }
    solution[row] = sum / triangle.get(row, row);
  }
  return solution;
}

function inverseOfUpper(triangle: Matrix): Matrix {
  const size = triangle.columns;
  const inverse = Matrix.zeros(size, size);
  for (let column = 0; column < size; column++) {
    const unit = new Float64Array(size);
    unit[column] = 1;
    inverse.setColumn(column, solveUpper(triangle, unit));
  }
  return inverse;
}
