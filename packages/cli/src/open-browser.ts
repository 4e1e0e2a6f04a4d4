import { spawn } from 'node:child_process';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

type Environment = Record<string, string | undefined>;

/**
 * Opens an address that lets its reader in, with the browser of whoever sits here; false when there is none to open. The
 * browser is given a file that leads there, which its owner alone can read: arguments of programs are seen by all users of
 * a host, those of jobs included.
 */
export async function openBrowser(url: string, environment: Environment): Promise<boolean> {
  const opener = findOpener(environment);
  if (opener === null) {
    return false;
  }
  const [program, ...args] = opener;
  const child = spawn(program, [...args, pathToFileURL(await writeRedirect(url, environment)).href], {
    stdio: 'ignore',
    detached: true,
    env: environment,
  });
  return new Promise((resolve) => {
    child.once('error', () => resolve(false));
    child.once('spawn', () => {
      child.unref();
      resolve(true);
    });
  });
}

function findOpener({ DISPLAY, WAYLAND_DISPLAY }: Environment): [string, ...string[]] | null {
  switch (process.platform) {
    case 'darwin':
      return ['open'];
    case 'win32':
      return ['rundll32', 'url.dll,FileProtocolHandler'];
    default:
      return DISPLAY || WAYLAND_DISPLAY ? ['xdg-open'] : null;
  }
}

/** One file, written anew each time: what it leads to opens once, so that the last one is worth nothing any more. */
async function writeRedirect(url: string, { HOME, XDG_CACHE_HOME }: Environment): Promise<string> {
  const directory = join(XDG_CACHE_HOME || join(HOME || homedir(), '.cache'), 'quarry');
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const path = join(directory, 'open.html');
  const escaped = url.replace(/[&"<>]/g, (sign) => `&#${sign.charCodeAt(0)};`);
  const page = `<!doctype html><meta charset="utf-8"><meta name="referrer" content="no-referrer"><meta http-equiv="refresh" content="0; url=${escaped}"><title>Quarry</title>\n`;
  const making = `${path}.${process.pid}`;
  await rm(making, { force: true });
  await writeFile(making, page, { mode: 0o600, flag: 'wx' });
  await rename(making, path);
  return path;
}
