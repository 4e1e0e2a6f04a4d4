#!/usr/bin/env node
// Plain JavaScript that any Node since 14 can read: it finds a Node new enough for the rest, then hands over.
import { spawn } from 'node:child_process';
import { existsSync, lstatSync, mkdirSync, realpathSync } from 'node:fs';
import module from 'node:module';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(realpathSync(fileURLToPath(import.meta.url)));
/** The one that everything is tried with, and that the server needs. */
const WANTED_NODE = 26;
/** Commands that start nothing work with this one where the wanted one is not there: as an installed package, and in a clone. */
const OLDEST_NODE = existsSync(join(here, '../src/main.ts')) ? 24 : 22;
const major = Number(process.versions.node.split('.')[0]);
const pinned = major < WANTED_NODE ? findPinnedNode(here) : undefined;

if (pinned) {
  runWith(pinned);
} else if (major >= OLDEST_NODE) {
  useCompileCache();
  const { main } = await import('../src/main.ts');
  await main(process.argv.slice(2));
} else {
  process.stderr.write(
    `quarry needs Node ${OLDEST_NODE} or newer, and this is Node ${process.versions.node}.\n` +
      'In a clone of the repository, run `npm ci` once: it brings the right Node with it.\n' +
      'Elsewhere, install a newer Node from https://nodejs.org and try again.\n',
  );
  process.exitCode = 1;
}

/** Node's own place for what it compiles is one that others could have made before; ours is in the user's cache. */
function useCompileCache() {
  if (module.getCompileCacheDir() !== undefined) {
    return;
  }
  try {
    const caches = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
    const directory = join(caches, 'quarry', 'compile');
    // A home that is not there is not made, and root leaves nothing in somebody else's.
    const existing = [directory, dirname(directory), caches, dirname(caches)].find((path) =>
      existsSync(path),
    );
    if (existing === undefined || !isOursAlone(existing, existing !== directory)) {
      return;
    }
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    if (isOursAlone(directory)) {
      module.enableCompileCache(directory);
    }
  } catch {
    // No home, or one that cannot be written to: the command takes a little longer.
  }
}

/** Whether nobody else can change what lies at a path, or put something else in its place; root may. */
function isOursAlone(path, mayBeShared = false) {
  const me = process.geteuid?.();
  const real = realpathSync(path);
  for (let at = real; me !== undefined; at = dirname(at)) {
    const { uid, mode } = lstatSync(at);
    // In a directory with the sticky bit others cannot rename or remove what is ours.
    const isSticky = (at !== real || mayBeShared) && (mode & 0o1000) !== 0;
    if ((uid !== me && uid !== 0) || ((mode & 0o022) !== 0 && !isSticky)) {
      return false;
    }
    if (at === dirname(at)) {
      break;
    }
  }
  return true;
}

/** The Node that came with this program, by a package of npm, beside it or in a folder above. */
function findPinnedNode(from) {
  const system = process.platform === 'win32' ? 'win' : process.platform;
  const program = process.platform === 'win32' ? 'node.exe' : 'node';
  const places = [
    join('node_modules', `node-${system}-${process.arch}`, 'bin', program),
    join('node_modules', 'node', 'bin', program),
  ];
  for (let directory = from; ; directory = dirname(directory)) {
    for (const place of places) {
      const candidate = join(directory, place);
      if (existsSync(candidate) && isTrusted(candidate)) {
        return candidate;
      }
    }
    if (directory === dirname(directory)) {
      return undefined;
    }
  }
}

/** Another one than this, put there by this user, by root, or by whoever installed this program. */
function isTrusted(node) {
  const owners = [process.geteuid?.(), 0, lstatSync(here).uid];
  return realpathSync(node) !== realpathSync(process.execPath) && owners.includes(lstatSync(node).uid);
}

function runWith(node) {
  const child = spawn(node, [join(here, 'quarry.js'), ...process.argv.slice(2)], { stdio: 'inherit' });
  // A terminal sends its signals to both processes; the child decides what they mean.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT']) {
    process.on(signal, () => child.kill(signal));
  }
  child.on('error', (error) => {
    process.stderr.write(`quarry could not start ${node}: ${error.message}\n`);
    process.exitCode = 1;
  });
  child.on('exit', (code, signal) => {
    if (!signal) {
      process.exit(code);
    }
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}
