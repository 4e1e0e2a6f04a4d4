/**
 * `node backup.ts --data DIR --to DIR` makes a copy of a data directory, also of one that a server works on, and prints
 * `{"path": ..., "problems": [...]}`. The copy is one: a server that starts on it ends the jobs that it tells to be under way
 * (jobs/life/restored.ts). Exit code 1 when something is missing in it, or there is none.
 *
 * Bytes are copied, then the database as of one moment, then what came in between: what a row names was there before its
 * row (an invariant), so it is in the copy unless it was deleted meanwhile; then all is done once more.
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, realpath, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { backup, DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { type DataPaths, pathsOf } from './start/paths.ts';

const run = promisify(execFile);
const DOCTOR = fileURLToPath(new URL('./doctor.ts', import.meta.url));
const ANSWER_BYTES = 64 * 1024 * 1024;

/** What holds bytes that rows name. Blobs never change; of the others what is newer counts. */
const BYTES = ['blobs', 'packs', 'staged', 'devices', 'clusters'];
/** What a server makes again, and what is true of a running one only. */
const LEFT_OUT = [
  'cache',
  'incoming',
  'snapshots',
  'lock',
  'lock-journal',
  'server.json',
  'reserve',
  'reserve-start',
];

/**
 * So often the bytes and the database are copied until they fit each other: what is deleted just between the two makes it
 * necessary once more, which on a busy platform may well happen several times.
 */
const ATTEMPTS = 10;

/** Something that keeps a copy from being made, in words for whoever asked for it. */
class BackupError extends Error {
  override readonly name = 'BackupError';
}

const { values } = parseArgs({ options: { data: { type: 'string' }, to: { type: 'string' } } });
try {
  const problems = await makeBackup(resolve(values.data!), resolve(values.to!));
  process.stdout.write(`${JSON.stringify({ path: resolve(values.to!), problems })}\n`);
  process.exitCode = problems.length > 0 ? 1 : 0;
} catch (error) {
  process.stdout.write(`${JSON.stringify({ path: null, problems: [(error as Error).message] })}\n`);
  process.exitCode = 1;
}

async function makeBackup(data: string, target: string): Promise<string[]> {
  const paths = pathsOf(data);
  if (!existsSync(paths.database)) {
    throw new BackupError(`There is no platform in ${data}. Name its data directory with --data.`);
  }
  await refuseTarget(data, target);
  // Whoever sees the name has the whole.
  const partial = `${target}.partial`;
  await mkdir(partial, { mode: 0o700 });
  try {
    let problems: string[] = [];
    await copyBytes(data, partial, BYTES);
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      await copyDatabase(paths, partial);
      const closed = await copyBytes(data, partial, BYTES);
      const missed = await examine(partial);
      problems = [...missed, ...closed];
      if (missed.length === 0) {
        break;
      }
    }
    await copyTheRest(paths, partial);
    await run('sync', ['--file-system', partial]);
    await rename(partial, target);
    await run('sync', ['--file-system', dirname(target)]);
    return problems;
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    throw error;
  }
}

async function refuseTarget(data: string, target: string): Promise<void> {
  const above = dirname(target);
  if (!existsSync(above)) {
    throw new BackupError(`There is no directory ${above} for the backup. Make it, or name another.`);
  }
  const [place, own] = [join(await realpath(above), basename(target)), await realpath(data)];
  if (`${place}${sep}`.startsWith(`${own}${sep}`)) {
    throw new BackupError(
      `${target} lies in the data directory itself. Name a place outside, on another disk at best.`,
    );
  }
  if (existsSync(`${target}.partial`)) {
    throw new BackupError(
      `${target}.partial is there already: another backup is being made there, or was cut off. Remove it in the latter case, or name another place.`,
    );
  }
  if (existsSync(target)) {
    throw new BackupError(`${target} is there already. Name one that is not, such as with a date in it.`);
  }
}

/** As SQLite itself copies it: as of one moment, while a server writes. */
async function copyDatabase({ database: path }: DataPaths, into: string): Promise<void> {
  const target = pathsOf(into).database;
  for (const name of [target, `${target}-wal`, `${target}-shm`]) {
    await rm(name, { force: true });
  }
  const database = new DatabaseSync(path, { readOnly: true });
  try {
    // In one piece: in several, each write of a server would begin it anew.
    await backup(database, target, { rate: 2 ** 31 - 1 });
  } finally {
    database.close();
  }
}

/** What was removed or replaced while it was copied; whether somebody misses it is looked at afterwards. */
const CHANGED =
  /: No such file or directory$|was replaced while being copied$|cannot overwrite (non-)?directory/;
/** What a job has made and closed to everybody, or to this user. */
const CLOSED = /'(clusters|devices)\/.*: (Permission denied|Operation not permitted)$/;

/**
 * By `cp`, which copies pipes, holes, and names that are no text. What is there stays unless the other is newer. Answers
 * what could not be read.
 */
async function copyBytes(data: string, into: string, names: readonly string[]): Promise<string[]> {
  const there = names.filter((name) => existsSync(join(data, name)));
  if (there.length === 0) {
    return [];
  }
  const args = ['--archive', '--update', '--reflink=auto', '--sparse=auto', '--', ...there, into];
  try {
    await run('cp', args, {
      cwd: data,
      env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' },
      maxBuffer: ANSWER_BYTES,
    });
    return [];
  } catch (error) {
    const { stderr = '', message } = error as { stderr?: string; message: string };
    const words = stderr.trim().split('\n').filter(Boolean);
    const grave = words.filter((line) => !CHANGED.test(line) && !CLOSED.test(line));
    if (words.length === 0 || grave.length > 0) {
      throw new BackupError(`The bytes could not be copied: ${grave[0] ?? message}`, { cause: error });
    }
    return words.filter((line) => CLOSED.test(line));
  }
}

/** Keys, secret, settings and catalogue, and what makes the copy one. */
async function copyTheRest({ data, origin }: DataPaths, into: string): Promise<void> {
  const database = basename(pathsOf(data).database);
  const names = (await readdir(data)).filter(
    (name) =>
      ![...BYTES, ...LEFT_OUT].includes(name) &&
      !name.startsWith(database) &&
      !name.startsWith('server.json'),
  );
  await copyBytes(data, into, names);
  await writeFile(
    pathsOf(into).origin,
    JSON.stringify({ copied: await readFile(origin, 'utf8').catch(() => null) }),
  );
}

/** What the doctor finds wrong in a copy. */
async function examine(copy: string): Promise<string[]> {
  const { stdout } = await run(process.execPath, [DOCTOR, '--data', copy], { maxBuffer: ANSWER_BYTES }).catch(
    (error: { stdout?: string; message: string }) => {
      if (!error.stdout) {
        throw new BackupError(`The copy could not be looked at: ${error.message}`, { cause: error });
      }
      return { stdout: error.stdout };
    },
  );
  const { checks } = JSON.parse(stdout) as { checks: { name: string; status: string; message: string }[] };
  return checks.filter(({ status }) => status === 'error').map(({ name, message }) => `${name}: ${message}`);
}
