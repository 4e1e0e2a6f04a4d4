import { hash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../config/config.ts';
import type { Logger } from '../logger.ts';
import { whoElseMayChange } from '../own-path.ts';

/** Where agents are that work outside of the data directory. */
export interface AgentDirectory {
  /** Holds the directories of their clusters. */
  clusters: string;
  /** What Node has compiled for them. */
  compileCache: string;
}

/** In hexadecimal digits: of the platforms of one host no two have the same. */
const NAME_CHARACTERS = 16;

/**
 * Makes the directory that the agents of a platform work in, for its owner only; null where they work in the data directory.
 * A copy of that at another place is told to use the same, and must not touch what belongs to the original.
 */
export async function prepareAgentDirectory(
  { agentDirectory, data }: Pick<Config, 'agentDirectory' | 'data'>,
  logger: Logger,
): Promise<AgentDirectory | null> {
  if (agentDirectory === null) {
    return null;
  }
  const directory = join(agentDirectory, hash('sha256', data, 'hex').slice(0, NAME_CHARACTERS));
  const paths = { clusters: join(directory, 'clusters'), compileCache: join(directory, 'compile-cache') };
  for (const path of [agentDirectory, directory, paths.clusters, paths.compileCache]) {
    await mkdir(path, { recursive: true, mode: 0o700 });
  }
  const others = whoElseMayChange(directory);
  if (others !== null) {
    logger.warn(`others can replace the directory of agents: ${others}`);
  }
  return paths;
}
