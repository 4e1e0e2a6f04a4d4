import { type Job, type Run, toDefinition } from '@quarry/sdk';
import { stateOf, stateOfRun } from '../../api/job-state.ts';
import { formatBytes, formatCount, formatDuration, formatMoney } from '../../words/numbers.ts';
import { words } from '../../words/words.ts';
import { variablesOf } from '../runs/run-variables.ts';
import { type Fact, flatten } from './compare-rows.ts';

/** What is known of a job or a run; of a job with one run that is its run. */
export interface Compared {
  job: Job;
  /** Null of a job with many runs, and of one that was not submitted. */
  run: Run | null;
  isRun: boolean;
}

export const SECTIONS = ['outcome', 'variables', 'results', 'usage', 'definition'] as const;
export type Section = (typeof SECTIONS)[number];

const facts = (all: readonly (readonly [name: string, text: string | null | undefined])[]): Fact[] =>
  all.flatMap(([name, text]) => (text === null || text === undefined || text === '' ? [] : [{ name, text }]));

export function factsOf(section: Section, { job, run, isRun }: Compared): Fact[] {
  switch (section) {
    case 'outcome':
      return isRun && run ? outcomeOfRun(run) : outcomeOfJob(job);
    case 'variables':
      return valuesOf(job, run, true);
    case 'results':
      return valuesOf(job, run, false);
    case 'usage':
      return usageOf(isRun ? run?.usage : job.usage);
    case 'definition':
      return flatten(toDefinition(job));
  }
}

function outcomeOfRun(run: Run): Fact[] {
  const text = words.compare.outcome;
  return facts([
    [text.state, words.jobs.states[stateOfRun(run)]],
    [text.exitCode, run.exitCode?.toString()],
    [text.why, run.failure?.message],
    [text.attempt, run.attempt?.toString()],
  ]);
}

function outcomeOfJob(job: Job): Fact[] {
  const text = words.compare.outcome;
  const state = stateOf({ status: job.status, outcome: job.outcome, failureCode: job.failure?.code });
  const { progress, elapsedWalltimeSeconds, cost } = job;
  return facts([
    [text.state, words.jobs.states[state]],
    [text.why, job.failure?.message],
    [text.runs, progress && words.jobs.runs(formatCount(progress.ended), formatCount(progress.runs))],
    [text.failedRuns, progress && progress.failed > 0 ? formatCount(progress.failed) : null],
    [text.time, elapsedWalltimeSeconds === null ? null : formatDuration(elapsedWalltimeSeconds)],
    [text.cost, cost?.used && formatMoney(cost.used.amount, cost.used.currency)],
  ]);
}

function valuesOf(job: Job, run: Run | null, isInput: boolean): Fact[] {
  if (run === null) {
    return [];
  }
  const wanted = new Set(
    variablesOf(job, [run])
      .filter((variable) => variable.isInput === isInput)
      .map(({ name }) => name),
  );
  return run.variables
    .filter(({ name }) => wanted.has(name))
    .map(({ name, displayValue }) => ({ name, text: displayValue }));
}

function usageOf(usage: Run['usage'] | Job['usage']): Fact[] {
  if (!usage) {
    return [];
  }
  const text = words.runs.usage;
  const { wallSeconds, cpuSeconds, peakMemoryBytes, readBytes, writtenBytes } = usage;
  const bytes = (value: number | null | undefined) => (typeof value === 'number' ? formatBytes(value) : null);
  return facts([
    [text.wall, formatDuration(wallSeconds)],
    [text.cpu, typeof cpuSeconds === 'number' ? formatDuration(cpuSeconds) : null],
    [text.memory, bytes(peakMemoryBytes)],
    [text.read, bytes(readBytes)],
    [text.written, bytes(writtenBytes)],
  ]);
}
