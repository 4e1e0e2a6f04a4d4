import type { Sample } from './samples.ts';

export interface BenchmarkOptions {
  /** How often each side is measured; each benchmark knows a number of its own when absent. */
  runs?: number;
  /** Also what takes long to prepare, such as a million files. */
  full: boolean;
  /** Sizes that only show that the benchmark works; its figures mean nothing. */
  tiny: boolean;
  /** Says what is under way. */
  note: (text: string) => void;
}

/** One side of a comparison, or something measured beside it. */
export interface Row extends Sample {
  what: string;
  unit: string;
  /** Seconds of processor time of whoever asked and of whoever answered, medians; absent where nobody looked. */
  clientCpuSeconds?: number;
  serverCpuSeconds?: number;
}

/** A number that the project wants to reach. */
export interface Figure {
  what: string;
  value: number;
  unit: string;
  /** What is to be reached first, and what in the end. */
  first: number;
  final: number;
  better: 'lower' | 'higher';
}

export interface Report {
  rows: Row[];
  figures: Figure[];
  /** What a reader must know: parts that were left out, and why. */
  remarks: string[];
}

export interface Benchmark {
  name: string;
  summary: string;
  /** Measures; throws when what is measured does not answer as it should. */
  run(options: BenchmarkOptions): Promise<Report>;
}
