import { readFileSync } from 'node:fs';
import type { ClusterFile } from '@quarry/contract';
import type { CoreType } from '../../catalog/types.ts';
import type { Config } from '../../config/config.ts';
import { LIMITS } from '../../limits.ts';

type Settings = Pick<
  Config,
  | ('processesPerRun' | 'openFilesPerRun' | 'logBytes' | 'outputBytesPerRun' | 'outputFileBytes')
  | ('usageSampleSeconds' | 'undeliveredHours')
>;

const MIB = 1024 ** 2;
/** Linux bounds memory by whole pages. */
const PAGE_BYTES = 4096;

/** The bounds of each run, as agents are told them. */
export function runLimits(settings: Settings): ClusterFile['limits'] {
  return {
    logBytes: settings.logBytes,
    archiveEntries: LIMITS.archiveEntries,
    archiveExpandedBytes: LIMITS.archiveExpandedBytes,
    outputFiles: LIMITS.outputFilesPerRun,
    outputBytes: settings.outputBytesPerRun,
    outputFileBytes: settings.outputFileBytes,
    outputPathBytes: LIMITS.outputPathBytes,
    outputPathBytesPerRun: LIMITS.outputPathBytesPerRun,
    outputEntries: LIMITS.outputEntriesPerRun,
    processes: settings.processesPerRun,
    openFiles: Math.min(settings.openFilesPerRun, mostOpenFiles()),
    usageSampleSeconds: settings.usageSampleSeconds,
    undeliveredSeconds: settings.undeliveredHours * 3600,
    stopGraceSeconds: LIMITS.stopGraceSeconds,
  };
}

/**
 * What a run may have of memory, in bytes: what its core type promises, more or less of that as the site has it; 0 for as much as
 * there is, also where the core type promises nothing or is not there any more.
 */
export function runMemory(
  promised: Pick<CoreType, 'memoryMbPerCore'> | undefined,
  { coresPerSlot, memoryLimitPercent }: { coresPerSlot: number; memoryLimitPercent: number },
): number {
  const bytes = ((promised?.memoryMbPerCore ?? 0) * MIB * coresPerSlot * memoryLimitPercent) / 100;
  return bytes === 0
    ? 0
    : Math.max(LIMITS.memoryPerRunLeastBytes, Math.floor(bytes / PAGE_BYTES) * PAGE_BYTES);
}

/** What this process may allow those that it starts: no more than it may have itself. */
function mostOpenFiles(): number {
  try {
    const hard = /^Max open files +\S+ +(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'));
    return hard === null ? Number.POSITIVE_INFINITY : Number(hard[1]);
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
