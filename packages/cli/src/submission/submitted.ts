import type { JobDefinition } from '@quarry/sdk';
import type { PlatformContext } from '../command.ts';
import type { Io } from '../io.ts';
import { count, formatMoney } from '../output/human.ts';
import { printableJson } from '../output/printable.ts';
import { requireDependencies } from './after.ts';
import type { Estimate } from './estimate.ts';
import type { Plan } from './plan.ts';
import { createPlannedJob } from './send.ts';

/** A submission, or what it would be, as `--json` prints it. */
export interface Submitted {
  /** Null in a dry run. */
  id: string | null;
  name: string;
  submitted: boolean;
  coreType: string | null;
  coresPerSlot: number | null;
  /** True when quarry chose the core type. */
  cheapest: boolean;
  estimate: Estimate | null;
  warnings: string[];
  /** In a dry run. */
  definition?: JobDefinition;
  inputs?: { path: string; name: string; sizeBytes: number | null; use?: string }[];
}

/** Says what was chosen and what it costs, before anything is sent. */
export function announce({ hardware, estimate }: Plan, io: Io): void {
  const type = hardware.type ? `${hardware.type.name} (${hardware.code})` : hardware.code;
  const why = hardware.cheapest ? ', the cheapest that fits' : '';
  io.note(`Core type: ${type} with ${count(hardware.cores, 'core')}${why}`);
  if (!estimate) {
    io.note('Price: not known for this core type');
  } else if (!estimate.isLongest) {
    const why = estimate.isDefault ? `; ${whyDefault(estimate)}` : '';
    io.note(`Price at most: ${estimate.formula}${why}`);
  } else {
    io.note(`Price per hour: ${estimate.formula}`);
    io.note(`Price at most: ${describeMost(estimate)}`);
  }
}

/** The plan as a dry run shows it. */
function describePlan(plan: Plan): Submitted {
  const { definition, hardware, estimate, warnings, inputs, attachments } = plan;
  return {
    id: null,
    name: definition.name,
    submitted: false,
    coreType: hardware.code,
    coresPerSlot: hardware.cores,
    cheapest: hardware.cheapest,
    estimate: estimate ?? null,
    warnings,
    definition,
    inputs: [
      ...inputs.map(({ path, name, sizeBytes }) => ({ path, name, sizeBytes })),
      ...attachments.map(({ path, name, sizeBytes, use }) => ({ path, name, sizeBytes, use })),
    ],
  };
}

/** Uploads, creates and submits what was planned. */
export async function submitPlan(plan: Plan, context: PlatformContext): Promise<Submitted & { id: string }> {
  const { sdk, io, signal } = context;
  const { definition: _definition, inputs: _inputs, ...submitted } = describePlan(plan);
  const job = await createPlannedJob(plan, sdk, io, signal);
  requireDependencies(plan.definition, job);
  await submitCreated(job.id, context);
  const warnings = [...submitted.warnings, ...(job.warnings ?? [])];
  return { ...submitted, id: job.id, submitted: true, warnings };
}

/** Submits a job that has just been created; when that fails, says how to try again. */
async function submitCreated(jobId: string, { sdk, io, signal }: PlatformContext): Promise<void> {
  try {
    await sdk.jobs.submit(jobId, { signal });
  } catch (error) {
    io.advise(`Job ${jobId} is created but not submitted. Try: quarry jobs submit --saved ${jobId}`);
    throw error;
  }
}

/** The plan of a dry run, with what the platform has to say of it. */
export function describeDryRun(plan: Plan, io: Io): Submitted {
  const told = plan.preview?.warnings ?? [];
  for (const warning of told) {
    io.warn(warning);
  }
  return describePlan({ ...plan, warnings: [...plan.warnings, ...told] });
}

export function printDryRun({ definition, inputs, estimate }: Submitted, io: Io): void {
  io.print(printableJson(definition, 2));
  for (const { path, name, use } of inputs ?? []) {
    io.note(`Would upload ${path} as ${name}${use === undefined ? '' : ` (${useWords[use] ?? use})`}`);
  }
  if (!estimate) {
    io.note('Nothing was sent.');
    return;
  }
  const perHour = formatMoney(estimate.perHour, estimate.currency);
  io.note(`Nothing was sent. Price: ${perHour} per hour, at most ${describeMost(estimate)}`);
}

const useWords: Record<string, string> = {
  template: 'template',
  paramFile: 'parameters',
  caseFile: 'cases',
  preProcessScript: 'before the command',
  postProcessScript: 'after the command',
};

const whyDefault = ({ hours }: Estimate) =>
  `${hours} h is what the platform gives jobs for which no --walltime is given`;

function describeMost(estimate: Estimate): string {
  const { amount, hours, currency, isLongest, isDefault } = estimate;
  if (amount === null) {
    return 'not known: no --walltime is given, and the platform does not tell its longest';
  }
  if (isDefault) {
    return `${formatMoney(amount, currency)} (${whyDefault(estimate)})`;
  }
  const why = isLongest ? ', the longest walltime here: no --walltime is given' : '';
  return `${formatMoney(amount, currency)} (${hours} h${why})`;
}
