import { existsSync } from 'node:fs';
import type { RunTile } from '@quarry/contract';
import { parameterVariables } from './parameters.ts';

const STANDARD_PATH = '/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin';

/** The variables by which a process of a cluster or run is found wherever it hides. */
export const CLUSTER_MARKER = 'QUARRY_CLUSTER_ID';
export const RUN_MARKER = 'QUARRY_RUN_ID';

/** The bash that runs commands, by its real place: a directory before it on a tile's path must not replace it. */
export const BASH = ['/bin/bash', '/usr/bin/bash', '/usr/local/bin/bash'].find(existsSync) ?? 'bash';

export interface EnvironmentOptions {
  clusterId: string;
  runId: string;
  /** As whom the command runs. */
  user: string;
  home: string;
  workDirectory: string;
  /** What tells it which GPUs are its own; the tile may say something else. */
  gpuVariables: Readonly<Record<string, string>>;
  tile: Pick<RunTile, 'searchPath' | 'environment'>;
  /** What varies between the runs of the job, by name. */
  parameters: readonly (readonly [name: string, text: string])[];
}

/** A command's environment, built from nothing: what the server or the agent have in theirs never reaches it. */
export function buildEnvironment(options: EnvironmentOptions): Record<string, string> {
  const { clusterId, runId, user, home, workDirectory, gpuVariables, tile, parameters } = options;
  const own = {
    HOME: home,
    PATH: [...tile.searchPath, STANDARD_PATH].join(':'),
    USER: user,
    LOGNAME: user,
    SHELL: BASH,
    LANG: 'C.UTF-8',
    TERM: 'dumb',
    TMPDIR: '/tmp',
    PWD: workDirectory,
    ...gpuVariables,
    ...tile.environment,
    [CLUSTER_MARKER]: clusterId,
    [RUN_MARKER]: runId,
  };
  return { ...parameterVariables(parameters, own), ...own };
}
