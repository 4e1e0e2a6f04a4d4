/** A server that sees nothing of what the agents of its jobs have on their disk, though they were started beside it. */
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type Platform, type PlatformOptions, startPlatform } from '../testing/start-platform.ts';

/** Only root may hide a directory from a process of its own. */
export const canPart = process.getuid!() === 0;

export interface PartedPlatform extends Platform {
  /**
   * Starts the server anew where there is no cluster's directory: from now on it has to ask the agents, which go on. What has
   * begun before must have its agent.
   */
  part(): Promise<void>;
}

/** Starts a platform that can be parted from its agents. */
export async function startPartedPlatform(options: PlatformOptions = {}): Promise<PartedPlatform> {
  const changeable = { ...options };
  const platform = await startPlatform(changeable);
  return Object.assign(platform, {
    async part() {
      await platform.stop();
      const database = new DatabaseSync(join(platform.dataDir, 'quarry.db'));
      database.exec('UPDATE clusters SET shares_files = 0');
      database.close();
      changeable.prefix = hiding(join(platform.dataDir, 'clusters'));
      await platform.restart();
    },
  });
}

/** Starts a program that finds an empty directory in the place of this one. */
function hiding(directory: string): string[] {
  const script = `mount -t tmpfs -o size=1M tmpfs ${JSON.stringify(directory)} && exec "$@"`;
  return ['unshare', '--mount', '--propagation', 'private', 'sh', '-c', script, 'sh'];
}
