import { realpath } from 'node:fs/promises';
import { dirname } from 'node:path';
import { existing, visibleForCommand } from '../scan/visible.ts';
import type { NodeInstallation } from './analyses.ts';

/** Where the Node at `path` really lies; jobs see its installation, and of a home directory only the program. */
export async function findNode(
  path: string,
  version: string,
  home: string | undefined,
): Promise<NodeInstallation> {
  const execPath = await realpath(path);
  const installation = await existing(visibleForCommand(dirname(execPath), home));
  return { execPath, version, visiblePaths: installation.length > 0 ? installation : [execPath] };
}
