import { opendir, rmdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';

const ATTEMPTS = 3;

/**
 * Removes a directory and all in it, one entry after another: Node's own `rm` asks for everything at once, and a
 * tree of a job may be so large that no other file of the server would be reached for minutes. What is gone
 * already is fine. When aborted, the rest stays.
 */
export async function removeTree(path: string, signal?: AbortSignal, attempts = ATTEMPTS): Promise<void> {
  const directory = await opendir(path).catch(unlessMissing);
  if (!directory) return;
  for await (const entry of directory) {
    if (signal?.aborted) return;
    const inside = join(path, entry.name);
    if (entry.isDirectory()) await removeTree(inside, signal);
    else await unlink(inside).catch(unlessMissing);
  }
  if (signal?.aborted) return;
  try {
    await rmdir(path);
  } catch (error) {
    // Somebody still put something there; whoever goes on doing so is not waited for.
    if ((error as NodeJS.ErrnoException).code === 'ENOTEMPTY' && attempts > 1) {
      return removeTree(path, signal, attempts - 1);
    }
    unlessMissing(error as NodeJS.ErrnoException);
  }
}

function unlessMissing(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT') return null;
  throw error;
}
