import { type FSWatcher, watch } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { WATCH_DEBOUNCE_MS, WATCH_POLL_MS } from './limits.ts';
import { listCatalogFiles } from './site/read-site.ts';

export interface DirectoryWatch {
  /** Stops looking; a change that is being told is waited for. */
  close(): Promise<void>;
}

export interface WatchOptions {
  readonly debounceMs?: number;
  readonly pollMs?: number;
}

/**
 * Calls `onChange` when catalogue files of a directory come, go or change. The system's notices are quick but
 * unsure (network file systems send none, a directory may come later): looking at times and sizes decides,
 * on notices and every `pollMs`. Calls never overlap. Keeps no process alive.
 */
export function watchDirectory(
  directory: string,
  onChange: () => Promise<void>,
  { debounceMs = WATCH_DEBOUNCE_MS, pollMs = WATCH_POLL_MS }: WatchOptions = {},
): DirectoryWatch {
  let closed = false;
  let watcher: FSWatcher | null = null;
  let debounce: NodeJS.Timeout | undefined;
  let known: string | undefined;
  let looking: Promise<void> = Promise.resolve();

  const look = () => {
    looking = looking.then(async () => {
      if (closed) {
        return;
      }
      attach();
      const current = await fingerprintOf(directory);
      const changed = known !== undefined && current !== known;
      known = current;
      if (changed && !closed) {
        await onChange();
      }
    });
  };
  const attach = () => {
    if (watcher !== null) {
      return;
    }
    try {
      watcher = watch(directory, { persistent: false }, () => {
        clearTimeout(debounce);
        debounce = setTimeout(look, debounceMs).unref();
      });
      watcher.once('error', detach);
    } catch {
      // No such directory yet, or no notices to be had: polling finds the changes.
    }
  };
  const detach = () => {
    watcher?.close();
    watcher = null;
  };

  const poll = setInterval(look, pollMs).unref();
  look();
  return {
    async close() {
      closed = true;
      clearInterval(poll);
      clearTimeout(debounce);
      detach();
      await looking;
    },
  };
}

async function fingerprintOf(directory: string): Promise<string> {
  const names = await listCatalogFiles(directory).catch((error: Error) => [error.message]);
  const files = await Promise.all(
    names.map(async (name) => {
      const stats = await stat(join(directory, name)).catch(() => null);
      return [name, stats?.ino, stats?.size, stats?.mtimeMs];
    }),
  );
  return JSON.stringify(files);
}
