import { readFileSync } from 'node:fs';
import type { ClusterFile } from '@quarry/contract';
import type { Config } from '../../config/config.ts';
import { LIMITS } from '../../limits.ts';

type Settings = Pick<
  Config,
  | ('processesPerRun' | 'openFilesPerRun' | 'logBytes' | 'outputBytesPerRun' | 'outputFileBytes')
  | 'usageSampleSeconds'
>;

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
    stopGraceSeconds: LIMITS.stopGraceSeconds,
  };
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
