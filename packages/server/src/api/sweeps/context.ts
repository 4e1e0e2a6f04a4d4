import type { Database } from '../../db/database.ts';
import { findJob } from '../../db/queries/find-job.ts';
import { readSweepRuns } from '../../db/queries/find-sweep-table.ts';
import type { Call } from '../../http/route.ts';
import { readDefinition, type StoredDefinition } from '../../jobs/definition/stored.ts';
import { conflict, invalidFields } from '../../problems.ts';
import { ImpossibleError } from '../../sweeps/analysis/impossible.ts';
import { readSample, type Sample } from '../../sweeps/analysis/sample.ts';
import { type Survey, surveyRuns } from '../../sweeps/analysis/survey.ts';
import { inputNames } from '../../sweeps/variables.ts';

/** What the endpoints about a sweep as a whole are made of. */
export interface SweepsContext {
  database: Database;
}

/** One output of a sweep with all inputs, as an analysis takes it. */
export interface AnalysedSweep {
  definition: StoredDefinition;
  output: string;
  size: { runs: number; inputs: number };
  readSample(): Promise<Sample>;
  /** What whoever reads the analysis should know about the runs. */
  warnings: string[];
}

type AnalysisCall = Pick<Call, 'caller'> & { params: { jobId: string }; query: { output?: string } };

/** Finds what an analysis of a sweep needs; refuses in words where there is nothing to analyse yet. */
export async function findAnalysedSweep(
  { database }: SweepsContext,
  call: AnalysisCall,
): Promise<AnalysedSweep> {
  const job = await findJob(database.read, call.caller, call.params.jobId);
  const definition = readDefinition(job.definition);
  const inputs = inputNames(definition);
  if (inputs.length === 0) {
    throw conflict(`Job "${job.id}" is not a sweep: it has no variables.`, {
      code: 'not_a_sweep',
      hint: 'Analyses are of jobs with jobvariables, a paramFile or a caseFile; see docs/sweeps.md.',
    });
  }
  const readRuns = () => readSweepRuns(database.read, job.id);
  const survey = await surveyRuns(readRuns, inputs);
  const output = chooseOutput(survey, call.query.output);
  return {
    definition,
    output,
    size: { runs: survey.runs, inputs: inputs.length },
    readSample: () => readSample(readRuns, survey, output),
    warnings: [...(definition.optimizer === null ? [] : [SEARCHED]), ...warningsAbout(survey, output)],
  };
}

/** Turns what cannot be computed into a refusal. */
export async function refusing<Result>(work: Promise<Result>): Promise<Result> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof ImpossibleError)) {
      throw error;
    }
    throw conflict(error.message, { code: error.code, hint: error.hint, cause: error });
  }
}

function chooseOutput({ outputs, runs, endedRuns }: Survey, wanted: string | undefined): string {
  if (endedRuns === 0) {
    throw conflict('No run of this sweep has ended yet.', {
      code: 'no_results',
      hint: runs === 0 ? 'Submit it first (POST jobs/{id}/submit/).' : 'Wait for the first runs to end.',
    });
  }
  if (outputs.size === 0) {
    throw conflict(`None of the ${endedRuns} runs that have ended printed an output.`, {
      code: 'no_outputs',
      hint: 'Outputs are the lines `name<TAB>number` that the post-process script prints; see docs/sweeps.md.',
    });
  }
  if (wanted !== undefined && !outputs.has(wanted)) {
    throw invalidFields({ output: [`No run printed an output "${wanted}". There is: ${listed(outputs)}.`] });
  }
  if (wanted === undefined && outputs.size > 1) {
    throw invalidFields({ output: [`This sweep has several outputs; name one of: ${listed(outputs)}.`] });
  }
  return wanted ?? outputs.keys().next().value!;
}

const SEARCHED =
  'An optimizer chose the inputs: they lie close together where it searched most, and the figures lean towards there.';
const NAMES_LISTED = 50;

function listed(outputs: Survey['outputs']): string {
  const names = [...outputs.keys()];
  const shown = names.slice(0, NAMES_LISTED).join(', ');
  return names.length > NAMES_LISTED ? `${shown} and ${names.length - NAMES_LISTED} more` : shown;
}

function warningsAbout({ runs, endedRuns, outputs }: Survey, output: string): string[] {
  const warnings: string[] = [];
  if (endedRuns < runs) {
    warnings.push(`${runs - endedRuns} of ${runs} runs have not ended yet; the figures will change.`);
  }
  const without = endedRuns - outputs.get(output)!.runs;
  if (without > 0) {
    warnings.push(
      `${without} of ${endedRuns} runs that have ended do not count, since they failed or did not print "${output}".`,
    );
  }
  return warnings;
}
