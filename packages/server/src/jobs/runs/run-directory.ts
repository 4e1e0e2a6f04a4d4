import { dirname, join } from 'node:path';

/** Where a cluster executes a run. */
export function runDirectory(clusterDirectory: string, number: number): string {
  return join(clusterDirectory, 'runs', String(number));
}

/** The directory of the cluster that a run's directory belongs to. */
export function clusterDirectoryOf(runDirectory: string): string {
  return dirname(dirname(runDirectory));
}
