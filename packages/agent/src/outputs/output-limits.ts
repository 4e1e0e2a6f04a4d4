import type { ClusterFile } from '@quarry/contract';

export interface OutputLimits {
  /** Outputs of a run, its log among them. */
  files: number;
  /** The length of one, holes included. */
  fileBytes: number;
  /** Of all together, without the log, which has a bound of its own. */
  bytes: number;
  /** The path of one, as JSON. */
  pathBytes: number;
  /** All paths of a run together. */
  pathBytesPerRun: number;
  /** Entries of any kind that are looked at. */
  entries: number;
}

/** The limits by which outputs are collected; a cluster that an earlier server has prepared knows only the first. */
export function outputLimitsOf(limits: ClusterFile['limits']): OutputLimits {
  const none = Number.POSITIVE_INFINITY;
  return {
    files: limits.outputFiles,
    fileBytes: limits.outputFileBytes ?? none,
    bytes: limits.outputBytes || none,
    pathBytes: limits.outputPathBytes ?? none,
    pathBytesPerRun: limits.outputPathBytesPerRun ?? none,
    entries: limits.outputEntries ?? none,
  };
}

const UNITS = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'];

/** A limit by the name that it has for whoever runs the platform, with its value. */
export function ofLimit(name: string, value: number): string {
  if (!name.includes('Bytes')) {
    return `${name} (${grouped(value)})`;
  }
  let [amount, unit] = [value, 0];
  while (amount > 0 && amount % 1024 === 0 && unit < UNITS.length - 1) {
    [amount, unit] = [amount / 1024, unit + 1];
  }
  return `${name} (${grouped(amount)} ${UNITS[unit]})`;
}

/** `toLocaleString` would load tables for it. */
function grouped(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ',');
}
