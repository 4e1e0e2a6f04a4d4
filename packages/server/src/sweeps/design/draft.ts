import type { ParsedJobVariable } from '@quarry/contract';
import type { SensitivityLayout } from './layout.ts';
import type { Settings } from './settings.ts';

/** A variable with a generator, and what its generator is told. */
export interface Member {
  variable: ParsedJobVariable;
  /** Its place in the `jobvariables` of the definition. */
  position: number;
  settings: Settings;
}

/** A number that a run gets, or a text that it gets verbatim. */
export type Value = number | string;

/**
 * Variables whose values are planned together: one row for each combination that they take. Nothing the size of
 * the sample is allocated before `build`, so that a sweep that is too large can be refused first.
 */
export interface Draft {
  members: readonly Member[];
  /** Rows; may be more than a job can have, or Infinity. */
  count: number;
  /** For designs that sensitivity is computed from: which row is which. */
  layout?: SensitivityLayout;
  /** True where `monteCarloIterations` says how many rows there are. */
  usesIterations?: boolean;
  /** Gives the value of member `member` in row `row`, both from 0. */
  build(): (row: number, member: number) => Value;
  /** What a nominal run has where the settings name no `nominal`; undefined for texts of a file. */
  centre(member: number): Value | undefined;
}

/** What a generator may need beyond the settings of its variables. */
export interface GeneratorContext {
  /** `monteCarloIterations` of the job. */
  iterations: number | null;
  /** Most rows that a sample may have. */
  maxRows: number;
}

/** Reads the settings of variables that are planned together; null when it has told `Settings` what is wrong. */
export type Generator = (members: readonly Member[], context: GeneratorContext) => Draft | null;
