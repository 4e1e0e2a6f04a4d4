/**
 * Builds the portal in a clone of the repository, beside the server that gives it out (decisions/038): what people start
 * is ready at once, and shows the portal some seconds later.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { constants, setPriority } from 'node:os';
import { join } from 'node:path';
import type { Logger } from '../logger.ts';
import { builtIn, findVite, hasSources, isStale, PORTAL_DIRECTORY } from './sources.ts';

/** Where builds are made before they come to their place; git and the tools that look at sources pass it over. */
const MAKING = '.build';
const PREFIX = 'portal-';
/** What a build has left behind that was cut off so long ago. */
const ABANDONED_MS = 3_600_000;
/** What is kept of the words of a build that failed. */
const WORDS_KEPT = 4000;

export type BuildState = 'none' | 'building' | 'failed';

export interface PortalBuild extends AsyncDisposable {
  readonly state: BuildState;
  /** Builds when there is need of it; resolves when that is over. Why it failed is in the log. */
  begin(): Promise<void>;
}

export interface PortalBuildOptions {
  logger: Logger;
  environment: { path: string; home: string };
  /** The package to build. */
  directory?: string;
}

export function createPortalBuild(options: PortalBuildOptions): PortalBuild {
  const { logger, environment, directory = PORTAL_DIRECTORY } = options;
  const closing = new AbortController();
  let state: BuildState = 'none';
  let work: Promise<void> | null = null;

  async function build(): Promise<void> {
    if (!hasSources(directory) || !(await isStale(directory)) || closing.signal.aborted) {
      return;
    }
    const begun = performance.now();
    state = 'building';
    try {
      const made = await runVite(directory, environment, closing.signal);
      await putInPlace(made, builtIn(directory));
      state = 'none';
      logger.info({ milliseconds: Math.round(performance.now() - begun) }, 'the portal was built');
    } catch (error) {
      state = 'failed';
      if (!closing.signal.aborted) {
        logger.warn({ err: error }, 'the portal could not be built; everything else works');
      }
    }
  }

  return {
    get state() {
      return state;
    },
    begin() {
      work ??= build();
      return work;
    },
    async [Symbol.asyncDispose]() {
      closing.abort();
      await work;
    },
  };
}

/** Answers where the build lies. */
async function runVite(
  directory: string,
  { path, home }: PortalBuildOptions['environment'],
  signal: AbortSignal,
): Promise<string> {
  const vite = findVite(directory);
  if (vite === null) {
    throw new Error('Vite is not installed here: "npm ci" without --omit=dev brings it.');
  }
  const making = join(directory, MAKING);
  await mkdir(making, { recursive: true });
  await removeAbandoned(making);
  const name = `${PREFIX}${process.pid}`;
  const wanted = ['--configLoader', 'native', '--outDir', join(MAKING, name), '--logLevel', 'warn'];
  const child = spawn(process.execPath, [vite, 'build', ...wanted], {
    cwd: directory,
    env: { PATH: path, HOME: home, NODE_ENV: 'production' },
    stdio: ['ignore', 'pipe', 'pipe'],
    signal,
    killSignal: 'SIGKILL',
  });
  const words = gatherWords(child);
  const ended = once(child, 'close') as Promise<[number | null]>;
  if (child.pid !== undefined) {
    // What people do on the platform meanwhile goes first.
    setPriority(child.pid, constants.priority.PRIORITY_BELOW_NORMAL);
  }
  const made = join(making, name);
  try {
    const [code] = await ended;
    if (code !== 0) {
      throw new Error(words());
    }
    return made;
  } catch (error) {
    await rm(made, { recursive: true, force: true });
    throw error;
  }
}

/** The last words of a program. */
function gatherWords({ stdout, stderr }: ChildProcess): () => string {
  let words = '';
  for (const stream of [stdout!, stderr!]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      words = (words + chunk).slice(-WORDS_KEPT);
    });
  }
  return () => words.trim();
}

/** The build that was there makes way; another server may be doing the same, and then one of two equal builds stays. */
async function putInPlace(made: string, place: string): Promise<void> {
  const old = `${made}-old`;
  await rename(place, old).catch(() => undefined);
  try {
    await rename(made, place);
  } catch (error) {
    await rm(made, { recursive: true, force: true });
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST') {
      throw error;
    }
  } finally {
    await rm(old, { recursive: true, force: true });
  }
}

async function removeAbandoned(making: string): Promise<void> {
  for (const name of await readdir(making)) {
    const path = join(making, name);
    const found = name.startsWith(PREFIX) ? await stat(path).catch(() => null) : null;
    if (found !== null && Date.now() - found.mtimeMs > ABANDONED_MS) {
      await rm(path, { recursive: true, force: true });
    }
  }
}
