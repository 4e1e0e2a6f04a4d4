import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Clock, Instant } from '../clock.ts';
import { howToRestore } from '../db/damage.ts';
import { LIMITS } from '../limits.ts';
import type { Logger } from '../logger.ts';
import { compileCacheVariables } from '../start/compile-cache.ts';
import type { DataPaths } from '../start/paths.ts';
import { keepNote } from './keep-note.ts';
import { runProgram } from './run-program.ts';

const PROGRAM = fileURLToPath(new URL('../db/quick-check.ts', import.meta.url));
const MOST_WORDS_BYTES = 1024 * 1024;
/** The first moments of a server belong to the agents and clients that have waited for it. */
const FIRST_MS = 1000;

/** What a look at the structure of the database found. */
export interface DatabaseCheck {
  at: Instant;
  seconds: number;
  /** Null: it took too long, or failed, and nothing is known. */
  problems: string[] | null;
}

/**
 * Looks whether the database is sound, in a process of its own, which is given up after a while. The log says what is
 * wrong and what to do; the data directory keeps the result for the doctor. Answers null when the signal came.
 */
export async function checkDatabase(
  { paths, clock, logger }: { paths: DataPaths; clock: Clock; logger: Logger },
  signal: AbortSignal,
): Promise<DatabaseCheck | null> {
  await sleep(FIRST_MS, undefined, { signal, ref: false }).catch(() => undefined);
  if (signal.aborted) {
    return null;
  }
  const begun = performance.now();
  const problems = await look(paths.database, signal).catch((error) => {
    if (!signal.aborted) {
      logger.warn({ err: error }, 'whether the database is sound could not be found out');
    }
    return null;
  });
  if (signal.aborted) {
    return null;
  }
  const check = { at: clock.now(), seconds: Math.round((performance.now() - begun) / 100) / 10, problems };
  if (problems !== null && problems.length > 0) {
    logger.error({ problems }, `the database is damaged. ${howToRestore(paths.database)}`);
  } else if (problems !== null) {
    logger.debug({ seconds: check.seconds }, 'the database is sound');
  }
  await keepNote(paths.databaseCheck, check).catch((error) =>
    logger.debug({ err: error }, 'what the look at the database found is not kept for the doctor'),
  );
  return check;
}

async function look(database: string, signal: AbortSignal): Promise<string[]> {
  const { stdout, error } = await runProgram([PROGRAM, database], {
    environment: compileCacheVariables(),
    seconds: LIMITS.databaseCheckSeconds,
    mostBytes: MOST_WORDS_BYTES,
    signal,
  });
  if (error !== null) {
    throw error;
  }
  return (JSON.parse(stdout) as { problems: string[] }).problems;
}
