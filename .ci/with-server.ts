import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chown, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const QUARRY = fileURLToPath(new URL('../packages/cli/bin/quarry.js', import.meta.url));

export interface Served {
  url: string;
  apiKey: string;
}

/**
 * Starts `quarry serve` on a fresh data directory, as the user `uid` where one is given, and stops it after `use`. Answers
 * whether the server came to a good end.
 */
export async function withServer(
  { uid }: { uid?: number },
  use: (served: Served) => Promise<void>,
): Promise<boolean> {
  const folder = await mkdtemp(join(tmpdir(), 'quarry-ci-'));
  const as = uid === undefined ? [] : ['setpriv', `--reuid=${uid}`, `--regid=${uid}`, '--clear-groups', '--'];
  if (uid !== undefined) {
    await chown(folder, uid, uid);
  }
  const line = [
    ...[...as, process.execPath, QUARRY, 'serve'],
    ...['--data', join(folder, 'data'), '--port', '0', '--json'],
  ];
  const server = spawn(line[0]!, line.slice(1), {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, HOME: folder, XDG_CACHE_HOME: undefined, QUARRY_STATE_DIR: join(folder, 'state') },
  });
  try {
    await use(JSON.parse(await firstLine(server)) as Served);
  } finally {
    server.kill('SIGTERM');
    await once(server, 'exit');
    // Node gives up on paths that are longer than the system takes at once.
    execFileSync('rm', ['-rf', folder]);
  }
  return server.exitCode === 0;
}

async function firstLine(child: ChildProcess): Promise<string> {
  for await (const line of createInterface({ input: child.stdout! })) {
    return line;
  }
  throw new Error('The server ended before it was ready.');
}
