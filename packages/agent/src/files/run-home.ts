import { readlink, realpath } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { partsOf } from './follow-link.ts';
import { type RawName, rawOf } from './raw-name.ts';

/**
 * The home of a run by its names below the real path of a cluster's directory. While the run is in the sandbox of a slot its
 * home is a link into that slot, made by the agent where no job can change it; what lies in the slot may be anything. The
 * slot of a run that goes on is that of another cluster.
 */
export async function findHome(
  directory: string,
  clusters: ReadonlyArray<string | null>,
): Promise<{ root: string; names: RawName[] } | null> {
  const home = join(directory, 'home');
  const target = await readlink(home).then(
    (link) => resolve(directory, link),
    (error: NodeJS.ErrnoException) => (error.code === 'EINVAL' ? home : null),
  );
  for (const cluster of clusters) {
    const root = cluster && (await realpath(cluster).catch(() => null));
    const above = root && [cluster, root].find((path) => target?.startsWith(`${path}/`));
    if (above) {
      return { root, names: partsOf(rawOf(target!.slice(above.length))) };
    }
  }
  return null;
}
