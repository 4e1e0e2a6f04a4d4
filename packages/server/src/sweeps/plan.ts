/** What a job's definition asks for: which variables its runs have, and with which values. */
import type { ParsedJobVariable } from '@quarry/contract';
import type { StoredDefinition } from '../jobs/definition.ts';

export interface SweepPlan {
  /** Input variables in display order, as the job answers them; those of files are filled in as `Param` or `Case`. */
  variables: ParsedJobVariable[];
  /** Runs, the nominal one included; 1 for a job that varies nothing. */
  count: number;
  /** Texts of run `index` (from 0) as templates insert them, in the order of `variables`. */
  values(index: number): string[];
}

/** Reads a file of the job's owner wholly; throws a Refusal when it is larger than `limitBytes`. */
export type ReadFile = (fileId: string, limitBytes: number) => Promise<Buffer>;

/** True for a definition whose runs are planned from parameters; its outputs are listed under `run<N>/`. */
export function isSweep(
  definition: Pick<StoredDefinition, 'paramFile' | 'caseFile' | 'jobvariables' | 'optimizer'>,
): boolean {
  const { paramFile, caseFile, jobvariables, optimizer } = definition;
  return paramFile !== null || caseFile !== null || optimizer !== null || jobvariables.length > 0;
}
