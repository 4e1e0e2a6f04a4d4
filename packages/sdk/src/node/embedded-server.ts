/** Finds servers that run on this machine for this user by the notes they leave. */
import { readFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { QuarryError } from '../errors.ts';
import { type Environment, serversDirectory } from './environment.ts';

export interface EmbeddedServer {
  url: string;
  dataDir: string;
  pid: number;
  keyFile: string;
}

/** Servers whose process is alive; notes of dead ones and half-written notes are passed over. */
export async function runningServers(env: Environment): Promise<EmbeddedServer[]> {
  const directory = serversDirectory(env);
  const names = await readdir(directory).catch(() => []);
  const notes = await Promise.all(
    names.filter((name) => name.endsWith('.json')).map((name) => readNote(join(directory, name))),
  );
  return notes.filter((note) => note !== null && isAlive(note.pid)) as EmbeddedServer[];
}

/** The owner's key of a running server. Throws a `QuarryError` when it cannot be read. */
export async function keyOfServer(server: EmbeddedServer): Promise<string> {
  try {
    return (await readFile(server.keyFile, 'utf8')).trim();
  } catch (cause) {
    throw new QuarryError(
      `A server runs at ${server.url}, but its key in ${server.keyFile} cannot be read.`,
      {
        cause,
        hint: 'Run this as the user who started the server, or sign in with `quarry auth login`.',
      },
    );
  }
}

async function readNote(path: string): Promise<EmbeddedServer | null> {
  try {
    const note: unknown = JSON.parse(await readFile(path, 'utf8'));
    return isNote(note) ? note : null;
  } catch {
    return null;
  }
}

function isNote(note: unknown): note is EmbeddedServer {
  if (note === null || typeof note !== 'object') {
    return false;
  }
  const { url, dataDir, pid, keyFile } = note as Partial<Record<keyof EmbeddedServer, unknown>>;
  return (
    typeof url === 'string' &&
    typeof dataDir === 'string' &&
    typeof keyFile === 'string' &&
    Number.isInteger(pid)
  );
}

function isAlive(pid: number): boolean {
  if (pid <= 0) {
    return false;
  }
  try {
    process.kill(pid, 0);
    return !isZombie(pid);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/** Whether it has ended and only its number is left, until its parent asks for it: in containers that may be never. */
function isZombie(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The name of the program stands in parentheses and may hold anything.
    return /^[ZX]/.test(stat.slice(stat.lastIndexOf(')') + 2));
  } catch {
    // There is no /proc here.
    return false;
  }
}
