import { randomBytes } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readdir, readFile, rename, rmdir, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type DataPaths, pathsOf } from './paths.ts';

const SECRET_BYTES = 32;
const SQLITE_BUSY = 5;

/** What may lie in a data directory before its first server: a site's settings and catalogue. */
const BEFORE_FIRST_START = ['quarry.toml', 'catalog', 'lost+found'];

/** A data directory that cannot be used, in words for whoever named it. */
class DataDirectoryError extends Error {
  override readonly name = 'DataDirectoryError';
}

/** Makes the directory for its owner only, or finds it; refuses a directory that holds something else. */
export async function prepareDataDirectory(data: string): Promise<DataPaths> {
  const paths = pathsOf(data);
  try {
    await makeDirectory(data);
    await refuseForeignDirectory(data);
    await refuseSomebodysDirectory(data);
    // It may have been there before, open to others; database and blobs count on its mode.
    await chmod(data, 0o700);
    for (const path of [paths.clusters, paths.devices, paths.catalog, paths.cache]) {
      await makeDirectory(path);
    }
  } catch (error) {
    if (error instanceof DataDirectoryError) {
      throw error;
    }
    throw new DataDirectoryError(
      `The data directory ${data} cannot be used: ${(error as Error).message}. Name another with --data.`,
      { cause: error },
    );
  }
  return paths;
}

/** Step by step from the first parent that exists: Node's recursive mkdir never returns for some paths, such as below /proc. */
async function makeDirectory(path: string): Promise<void> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') {
      return null;
    }
    throw error;
  });
  if (found?.isDirectory()) {
    return;
  }
  if (found) {
    throw new DataDirectoryError(`${path} is a file; a data directory is needed. Name one with --data.`);
  }
  await makeDirectory(dirname(path));
  await mkdir(path, { mode: 0o700 });
}

async function refuseForeignDirectory(data: string): Promise<void> {
  const names = await readdir(data);
  if (names.includes(basename(pathsOf(data).database))) {
    return;
  }
  const foreign = names.filter((name) => !BEFORE_FIRST_START.includes(name));
  const started = names.includes(basename(pathsOf(data).lock));
  if (foreign.length === 0 || started) {
    return;
  }
  throw new DataDirectoryError(
    `${data} holds other things (${foreign.slice(0, 3).join(', ')}…) and no platform. Name an empty or a new directory with --data.`,
  );
}

/**
 * Root could use what another user has made, and that user could change everything in it at any time. A platform that
 * is there already has been used so; the doctor speaks of it.
 */
async function refuseSomebodysDirectory(data: string): Promise<void> {
  const { uid } = await stat(data);
  const me = process.geteuid?.() ?? uid;
  if (uid === me || (await readdir(data)).includes(basename(pathsOf(data).database))) {
    return;
  }
  // Some file systems show one owner for everything, whoever made it.
  const made = await mkdtemp(join(data, 'owner-'));
  const { uid: shown } = await stat(made);
  await rmdir(made);
  if (shown === uid) {
    return;
  }
  throw new DataDirectoryError(
    `${data} belongs to another user (${uid}), who could change everything in it. Run the server as that user, give the directory to the one who runs it (chown), or name another with --data.`,
  );
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
    if ((error as { errcode?: number }).errcode !== SQLITE_BUSY) {
      throw error;
    }
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

/**
 * The platform's secret, from which keys of jobs and clusters are derived; made once. One that cannot be read is
 * never replaced: every agent at work would be refused with its token, and stop what it runs.
 */
export async function readSecret({ secret: path }: DataPaths): Promise<Buffer> {
  const secret = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') {
      return null;
    }
    throw error;
  });
  if (secret === null) {
    return await makeSecret(path);
  }
  if (secret.length === SECRET_BYTES) {
    return secret;
  }
  throw new SecretDamagedError(path);
}

/** Whole on the disk before it has its name, since what is half written could never be read again. */
async function makeSecret(path: string): Promise<Buffer> {
  const secret = randomBytes(SECRET_BYTES);
  await writeFile(`${path}.new`, secret, { mode: 0o600, flush: true });
  await rename(`${path}.new`, path);
  return secret;
}

class SecretDamagedError extends Error {
  override readonly name = 'SecretDamagedError';

  constructor(path: string) {
    super(
      `The secret of this platform is damaged (${path} must have ${SECRET_BYTES} bytes). Put it back from a copy; or remove it, and jobs that run now are stopped.`,
    );
  }
}
