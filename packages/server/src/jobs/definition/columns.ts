import type { Insertable } from 'kysely';
import type { Catalog } from '../../catalog/types.ts';
import type { JobRow } from '../../db/tables.ts';
import { isSweep, type SweepPlan } from '../../sweeps/plan.ts';
import { rateOf } from './estimate.ts';
import { isLowPriority, type StoredDefinition, writeDefinition } from './stored.ts';

/** The columns of a job that follow from its definition; where it names no walltime, `unnamedHours` is that. */
export function definitionColumns(
  { definition, plan }: { definition: StoredDefinition; plan: SweepPlan },
  { catalog, unnamedHours }: { catalog: Catalog; unnamedHours: number },
) {
  const { hardware } = definition.jobanalyses[0]!;
  const lowPriority = isLowPriority(definition);
  const rate = rateOf(catalog, hardware.coreType, lowPriority);
  const hours = hardware.walltime ?? unnamedHours;
  const names = definition.jobanalyses.map(
    ({ analysis }) => catalog.analysis(analysis.code)?.name ?? analysis.code,
  );
  return {
    project_id: definition.projectId,
    name: definition.name,
    description: definition.description,
    definition: writeDefinition(definition),
    is_low_priority: lowPriority ? 1 : 0,
    core_type: hardware.coreType,
    cores_per_slot: hardware.coresPerSlot,
    gpus_per_slot: gpusPerSlot(catalog, hardware),
    slots: usableSlots(definition, plan),
    is_sweep: isSweep(definition) ? 1 : 0,
    expected_runs: plan.count,
    walltime_seconds: secondsOf(hours),
    price_per_core_hour: rate?.pricePerCoreHour ?? '0',
    currency: rate?.currency ?? 'USD',
    tags: JSON.stringify(definition.tags),
    analysis_names: JSON.stringify(names),
    analysis_codes: JSON.stringify([...new Set(definition.jobanalyses.map(({ analysis }) => analysis.code))]),
    cloned_from: definition.clonedFrom,
    persistent_cluster_id: definition.clusterId || null,
    restarted_from: definition.restart?.from.jobId ?? null,
    snapshot_minutes: definition.snapshots?.everyMinutes ?? null,
  } satisfies Partial<Insertable<JobRow>>;
}

/** A walltime is kept to the second, and is one at least. */
export function secondsOf(hours: number): number {
  return Math.max(1, Math.round(hours * 3600));
}

/** GPUs of a slot, whole ones: nobody shares one here. */
export function gpusPerSlot(
  catalog: Catalog,
  { coreType, coresPerSlot }: StoredDefinition['jobanalyses'][number]['hardware'],
): number {
  const offered = catalog.coreType(coreType);
  return Math.ceil(offered?.gpuCounts[offered.cores.indexOf(coresPerSlot)] ?? 0);
}

/** Slots that a job can use: what is not used is neither held nor charged. */
export function usableSlots(definition: StoredDefinition, plan: SweepPlan): number {
  const { slots } = definition.jobanalyses[0]!.hardware;
  // An optimizer decides as it goes how many runs there are.
  return definition.optimizer ? slots : Math.max(1, Math.min(slots, plan.count));
}
