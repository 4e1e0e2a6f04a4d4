import type { getJobResponseSurface, getJobSensitivity, QueryFor } from '@quarry/contract';
import type { CallOptions } from '../../call-options.ts';
import type { KeyedCallOptions } from '../../idempotency.ts';

export interface DeleteJobOptions extends CallOptions {
  /** Removes the attached input files as well, except those that other jobs use. */
  deleteInputFiles?: boolean;
}

export interface StopJobOptions extends CallOptions {
  /** Ends its commands at once, without a time to leave by themselves; on Quarry servers. */
  force?: boolean;
}

export interface TailOptions extends CallOptions {
  /** How many lines from the end; 100 when absent. */
  lines?: number;
}

export interface RerunOptions extends KeyedCallOptions {
  /** Ids of runs that have ended; every run that did not end in success when absent. */
  runs?: readonly string[];
}

export interface ResultsOptions extends CallOptions {
  /** Names of columns: only these come, and `run` before them. */
  columns?: readonly string[];
}

export interface ResumeOptions extends KeyedCallOptions {
  /** Ids of runs that were cut off; all whose directory is kept when absent. */
  runs?: readonly string[];
}

export interface TagManyOptions extends CallOptions {
  /** Tags that the jobs get, unless they have them. */
  add?: readonly string[];
  /** Tags that are taken from them. */
  remove?: readonly string[];
}

export interface RerunManyOptions extends KeyedCallOptions {
  /** Whether runs that were cut off go on where they were, and no others. */
  resume?: boolean;
}

export interface PreviewOptions extends CallOptions {
  /** The run with whose values templates are rendered, from 1; the first when absent. */
  run?: number;
  /** How many points are answered; 20 when absent. */
  points?: number;
  /** Templates and tables that are not uploaded yet, by the ids that stand for them in the definition. */
  contents?: Readonly<Record<string, string>>;
}

/** The query of an analysis beside the usual options. */
export type SensitivityOptions = QueryFor<typeof getJobSensitivity> & CallOptions;
export type ResponseSurfaceOptions = QueryFor<typeof getJobResponseSurface> & CallOptions;
