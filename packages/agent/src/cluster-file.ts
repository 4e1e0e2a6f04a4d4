import { readFileSync } from 'node:fs';
import type { ClusterFile } from '@quarry/contract';

/** Reads the cluster file that the scheduler left; throws in words when it is missing or lacks something. */
export function readClusterFile(path: string): ClusterFile {
  let cluster: ClusterFile;
  try {
    cluster = JSON.parse(readFileSync(path, 'utf8')) as ClusterFile;
  } catch (error) {
    throw new Error(`The cluster file ${path} cannot be read: ${(error as Error).message}`, { cause: error });
  }
  const missing = [
    ...(['clusterId', 'token', 'serverUrl', 'directory'] as const).filter((key) => !isText(cluster[key])),
    ...(['slots', 'coresPerSlot'] as const).filter((key) => !isPositive(cluster[key])),
    ...(['archiveEntries', 'archiveExpandedBytes', 'logBytes', 'outputFiles', 'stopGraceSeconds'] as const)
      .filter((key) => !isPositive(cluster.limits?.[key]))
      .map((key) => `limits.${key}`),
    ...(['auto', 'required', 'off'].includes(cluster.sandbox?.mode) ? [] : ['sandbox.mode']),
  ];
  if (missing.length > 0) {
    throw new Error(
      `The cluster file ${path} lacks a usable ${missing.join(', ')}: it was written by another version of the server.`,
    );
  }
  return cluster;
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}

function isPositive(value: unknown): boolean {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}
