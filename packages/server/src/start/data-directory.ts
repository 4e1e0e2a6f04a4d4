import { randomBytes } from 'node:crypto';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

const SECRET_BYTES = 32;

/** Paths inside a data directory. */
export function pathsOf(data: string) {
  return {
    database: join(data, 'quarry.db'),
    lock: join(data, 'lock'),
    reserve: join(data, 'reserve'),
    secret: join(data, 'secret'),
    ownerKey: join(data, 'owner.key'),
    serverFile: join(data, 'server.json'),
    clusters: join(data, 'clusters'),
    catalog: join(data, 'catalog'),
    cache: join(data, 'cache'),
  };
}

export type DataPaths = ReturnType<typeof pathsOf>;

/** Makes the directory for its owner only. */
export async function prepareDataDirectory(data: string): Promise<DataPaths> {
  const paths = pathsOf(data);
  await mkdir(data, { recursive: true, mode: 0o700 });
  await chmod(data, 0o700);
  for (const path of [paths.clusters, paths.catalog, paths.cache])
    await mkdir(path, { recursive: true, mode: 0o700 });
  return paths;
}

/**
 * Makes this process the only server of a data directory until the returned function is called. The lock is
 * the kernel's, held through SQLite, so it ends with the process however that ends, and holds across containers.
 */
export function lockDataDirectory(paths: DataPaths): () => void {
  const lock = new DatabaseSync(paths.lock);
  try {
    lock.exec(
      'PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; CREATE TABLE IF NOT EXISTS held (by integer); COMMIT',
    );
  } catch (error) {
    lock.close();
    throw new DataDirectoryBusyError(paths.database, { cause: error });
  }
  return () => lock.close();
}

class DataDirectoryBusyError extends Error {
  override readonly name = 'DataDirectoryBusyError';

  constructor(path: string, options: ErrorOptions) {
    super(
      `Another server works on this data directory (${path}). Stop it first, or give this one a directory of its own with --data.`,
      options,
    );
  }
}

/** The platform's secret, from which keys of jobs and clusters are derived; made once. */
export async function readSecret(paths: DataPaths): Promise<Buffer> {
  const secret = await readFile(paths.secret).catch(() => null);
  if (secret && secret.length === SECRET_BYTES) return secret;
  const fresh = randomBytes(SECRET_BYTES);
  await writeFile(paths.secret, fresh, { mode: 0o600 });
  return fresh;
}
