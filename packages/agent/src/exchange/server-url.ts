import { readFileSync } from 'node:fs';
import type { ClusterFile } from '@quarry/contract';

/** Where the server said last that it is; null when it is writing that, is not up yet, or shares no file with us. */
export function readServerUrl({ serverFile }: Pick<ClusterFile, 'serverFile'>): string | null {
  if (serverFile === null) {
    return null;
  }
  try {
    const { url } = JSON.parse(readFileSync(serverFile, 'utf8')) as { url?: unknown };
    return typeof url === 'string' && url !== '' ? url : null;
  } catch {
    return null;
  }
}
