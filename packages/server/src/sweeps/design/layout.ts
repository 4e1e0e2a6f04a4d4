/** Where the rows of a Saltelli design are; it goes base sample by base sample, `rowsPerSample` rows each. */
export interface SaltelliLayout {
  kind: 'Saltelli';
  /** Names of the variables, in the order of the indices below. */
  variables: string[];
  /** Base samples, N. */
  samples: number;
  secondOrder: boolean;
  /** D + 2, or 2 D + 2 with second order. */
  rowsPerSample: number;
  /** Rows of the design: runs 0 to `rows` - 1 of the job. */
  rows: number;
  /** Row of sample `sample` of matrix A. */
  a(sample: number): number;
  /** The same of matrix B. */
  b(sample: number): number;
  /** The same of A with variable `variable` from B. */
  ab(sample: number, variable: number): number;
  /** The same of B with variable `variable` from A; only with second order. */
  ba(sample: number, variable: number): number;
}

/** Where the rows of a Morris design are; it goes trajectory by trajectory, `rowsPerTrajectory` rows each. */
export interface MorrisLayout {
  kind: 'Morris';
  /** Names of the variables, in the order of the indices below. */
  variables: string[];
  trajectories: number;
  /** D + 1. */
  rowsPerTrajectory: number;
  /** Rows of the design: runs 0 to `rows` - 1 of the job. */
  rows: number;
  /** Length of every step as a share of probability, which for a uniform distribution is a share of the range. */
  delta: number;
  /** What changes from row `step` to row `step` + 1 of a trajectory: one variable, by `delta` times `direction`. */
  step(trajectory: number, step: number): { variable: number; direction: 1 | -1 };
}

/** Which row of a design for sensitivity is which. */
export type SensitivityLayout = SaltelliLayout | MorrisLayout;
