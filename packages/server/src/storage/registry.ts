import { openFsStorage } from './fs/fs-storage.ts';
import type { Storage } from './storage.ts';

export type StorageConfig = {
  kind: 'fs';
  /** Absolute path of the directory that holds `blobs/` and `incoming/`. */
  directory: string;
};

/** Opens the configured file store; the only place that names the implementations. */
export async function openStorage(config: StorageConfig): Promise<Storage> {
  switch (config.kind) {
    case 'fs':
      return await openFsStorage({ directory: config.directory });
  }
}
