/** `node main.ts --data DIR --port N [--host H] [--json] [--config FILE] [--insecure-listen]` */
import { fstatSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { App } from './app.ts';
import type { CommandLine } from './config/config.ts';
import { namedDataDirectory } from './config/data-directory.ts';
import { useCompileCache } from './start/compile-cache.ts';
import { pathsOf } from './start/paths.ts';

// Before everything else is imported, and as far as a start before this one has made it.
useCompileCache(pathsOf(namedDataDirectory(process.argv.slice(2), process.env)).compileCache, {
  make: false,
});
const { ConfigError, commandLineOptions, decideConfig } = await import('./config/config.ts');
const { readEnvironment } = await import('./config/env.ts');
const { createLogger } = await import('./logger.ts');
const { meansStorageFull } = await import('./problems.ts');
const { protectFromOomKiller } = await import('./oom-score.ts');
const { startApp } = await import('./app.ts');
const { endWith } = await import('./start/end-with.ts');

const USAGE_ERROR = 2;

function readCommandLine(): CommandLine {
  try {
    return parseArgs({ options: commandLineOptions }).values as CommandLine;
  } catch (error) {
    return fail(`${(error as Error).message}`, USAGE_ERROR);
  }
}

function fail(message: string, code: number): never {
  process.stderr.write(`quarry serve: ${message}\n`);
  process.exit(code);
}

/** What jobs share with the host and with each other. */
function sayWhatIsShared({
  available,
  isStaying,
  sharesAbstractSockets,
  reason,
  network,
}: App['sandbox']): string {
  if (!available) {
    return `sandbox: OFF: commands can read what this user can read. ${reason}`;
  }
  const shared = sharesAbstractSockets
    ? 'it shares the network of this host and, with this kernel, its abstract sockets, by which jobs can hand open files to each other (Linux 6.12 and later parts them, sandbox_network = "none" everywhere)'
    : 'it shares the network of this host';
  const parts = [
    'sandbox: on (bubblewrap): a job sees neither the data directory nor other jobs',
    network === 'host' ? shared : 'it has no network',
    ...(isStaying ? [] : [reason]),
  ];
  return parts.join('; ');
}

/** Who sees to it that a run stays within its memory. */
function sayWhoBoundsMemory(control: App['memoryControl']): string {
  if (control === null) {
    return 'memory: not limited (memory_limit_percent = 0): a run may use all that the host has';
  }
  return control.place === null
    ? `memory: agents watch what runs use, since no cgroup can be had: ${control.reason}`
    : `memory: runs are held to what their core type promises by cgroups (version ${control.place.version}) in ${control.place.directory}`;
}

function sayWhichGpus(gpus: App['gpus']): string {
  const names = gpus.map(({ name, id }) => `${name} (${id})`);
  return gpus.length === 0
    ? 'GPUs: none were found'
    : `GPUs: each for one slot at a time: ${names.join(', ')}`;
}

/** Whether a stream of this process is kept by systemd, which names it in this variable. */
function isJournal(fd: number): boolean {
  const { dev, ino } = fstatSync(fd);
  return process.env.JOURNAL_STREAM === `${dev}:${ino}`;
}

const line = readCommandLine();
try {
  const environment = readEnvironment(process.env);
  const config = await decideConfig(line, environment);
  const logger = createLogger(config.logLevel);
  for (const name of environment.unknown) {
    logger.warn(`${name} is no setting and has no effect; docs/configuration.md lists those that are`);
  }
  protectFromOomKiller();
  const app = await startApp(config, logger);
  const { url, apiKey, keyFile, dataDir, sandbox, memoryControl, gpus } = app;

  let stopping = false;
  const stop = (why: string) => {
    if (stopping) {
      process.exit(1);
    }
    stopping = true;
    logger.info(`stopping${why}; running jobs go on and are taken up again by the next start`);
    app.close().then(
      () => process.exit(0),
      (error) => {
        logger.fatal({ err: error }, 'could not stop cleanly');
        process.exit(1);
      },
    );
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => stop(''));
  }
  if (config.endWith !== null) {
    endWith(config.endWith, () => {
      if (!stopping) {
        stop(`, since process ${config.endWith} has ended, which started the server`);
      }
    });
  }

  logger.info(sayWhatIsShared(sandbox));
  logger.info(sayWhoBoundsMemory(memoryControl));
  if (config.gpus !== 'none') {
    logger.info(sayWhichGpus(gpus));
  }
  if (line.json) {
    // A program that started the server is told its key; the journal keeps what it is told.
    const key = isJournal(1) ? null : apiKey;
    process.stdout.write(`${JSON.stringify({ url, apiKey: key, keyFile, dataDir })}\n`);
  } else {
    // Whoever reads a terminal may sign in; a file would keep the link for others.
    const link = process.stdout.isTTY ? await app.signInLink() : null;
    const open =
      link === null
        ? ''
        : `  open  ${link}\n        (signs a browser in, once, within ten minutes; "quarry open" makes another)\n`;
    process.stdout.write(
      `Quarry is ready.\n  URL   ${url}\n  key   ${process.stdout.isTTY ? apiKey : `in ${keyFile}`}\n  data  ${dataDir}\n${open}Stop it with Ctrl+C; running jobs go on.\n`,
    );
  }
} catch (error) {
  const words = error as NodeJS.ErrnoException;
  if (error instanceof ConfigError) {
    fail(words.message, USAGE_ERROR);
  }
  const inWords = [
    'DatabaseDamagedError',
    'DatabaseNewerError',
    'DataDirectoryError',
    'DataDirectoryBusyError',
    'SecretDamagedError',
    'CatalogError',
  ];
  if (inWords.includes(words.name)) {
    fail(words.message, 1);
  }
  if (words.code === 'EADDRINUSE') {
    const { port } = words as { port?: number };
    fail(`Port ${port} is in use. Choose another with --port, or 0 for any free one.`, 1);
  }
  if (words.syscall === 'listen') {
    fail(`The server cannot listen there: ${words.message}. Choose with --host and --port.`, 1);
  }
  if (meansStorageFull(words)) {
    fail(
      `There is no space left on the disk of the data directory (${words.message}), and nothing that the server could remove without its database. Free a few MiB there and start again; jobs that run go on meanwhile.`,
      1,
    );
  }
  if (['EACCES', 'EROFS', 'ENOENT', 'ENOTDIR'].includes(words.code ?? '')) {
    fail(
      `The server cannot use a place that it needs: ${words.message}. Make it, give the server's user the right to it, or choose another place: --data for the data, TMPDIR for what is temporary.`,
      1,
    );
  }
  fail(words.stack ?? words.message, 1);
}
