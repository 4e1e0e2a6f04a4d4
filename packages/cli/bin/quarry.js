#!/usr/bin/env node
// Plain JavaScript that any Node since 14 can read: it finds a Node new enough for the rest, then hands over.
import { spawn } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import module from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const OLDEST_NODE = 24;
const here = dirname(realpathSync(fileURLToPath(import.meta.url)));

if (Number(process.versions.node.split('.')[0]) >= OLDEST_NODE) {
  module.enableCompileCache?.();
  const { main } = await import('../src/main.ts');
  await main(process.argv.slice(2));
} else {
  const pinned = findPinnedNode(here);
  if (pinned) runWith(pinned);
  else {
    process.stderr.write(
      `quarry needs Node ${OLDEST_NODE} or newer, and this is Node ${process.versions.node}.\n` +
        'In a clone of the repository, run `npm ci` once: it brings the right Node with it.\n' +
        'Elsewhere, install a newer Node from https://nodejs.org and try again.\n',
    );
    process.exitCode = 1;
  }
}

/** The Node that the repository pins through the npm package `node`, beside this package or in a folder above. */
function findPinnedNode(from) {
  for (let directory = from; ; directory = dirname(directory)) {
    const candidate = join(directory, 'node_modules', '.bin', 'node');
    if (existsSync(candidate) && realpathSync(candidate) !== realpathSync(process.execPath)) return candidate;
    if (directory === dirname(directory)) return undefined;
  }
}

function runWith(node) {
  const child = spawn(node, [join(here, 'quarry.js'), ...process.argv.slice(2)], { stdio: 'inherit' });
  // A terminal sends its signals to both processes; the child decides what they mean.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'])
    process.on(signal, () => child.kill(signal));
  child.on('error', (error) => {
    process.stderr.write(`quarry could not start ${node}: ${error.message}\n`);
    process.exitCode = 1;
  });
  child.on('exit', (code, signal) => {
    if (!signal) process.exit(code);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}
