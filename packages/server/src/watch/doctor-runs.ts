import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { DoctorRun } from '@quarry/contract';
import type { Clock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import type { Check } from '../doctor/check.ts';
import { LIMITS } from '../limits.ts';
import type { Logger } from '../logger.ts';
import { compileCacheVariables } from '../start/compile-cache.ts';
import type { DataPaths } from '../start/paths.ts';
import { keepNote } from '../upkeep/keep-note.ts';
import { runProgram } from '../upkeep/run-program.ts';

const PROGRAM = fileURLToPath(new URL('../doctor.ts', import.meta.url));
const MOST_WORDS_BYTES = 64 * 1024 * 1024;

export interface DoctorRuns extends AsyncDisposable {
  /** Begins a look, unless one is under way; answers that. */
  begin(): DoctorRun;
  /** The last one, which may be under way; null when nobody has asked for any. */
  latest(): Promise<DoctorRun | null>;
}

/** Lets the doctor look into the data directory of this server, in a process of its own, once at a time. */
export function createDoctorRuns(options: {
  paths: Pick<DataPaths, 'data' | 'doctorRun'>;
  environment: Config['environment'];
  clock: Clock;
  logger: Logger;
}): DoctorRuns {
  const { paths, clock, logger, environment } = options;
  const stopping = new AbortController();
  let latest: DoctorRun | null = null;
  let running: Promise<void> | null = null;

  async function look(dateStarted: string): Promise<void> {
    const begun = { dateStarted, checks: [], failure: null };
    const { stdout, stderr, error } = await runProgram([PROGRAM, '--data', paths.data], {
      environment: { HOME: environment.home, PATH: environment.path, ...compileCacheVariables() },
      seconds: LIMITS.doctorSeconds,
      mostBytes: MOST_WORDS_BYTES,
      signal: stopping.signal,
    });
    const dateEnded = clock.now();
    const checks = readChecks(stdout);
    const ended: DoctorRun =
      checks === null
        ? { ...begun, state: 'failed', dateEnded, failure: whyNot(stderr, error) }
        : { ...begun, state: 'done', dateEnded, checks };
    latest = ended;
    if (stopping.signal.aborted) {
      return;
    }
    const found = Object.groupBy(ended.checks, ({ status }) => status);
    const counts = { errors: found.error?.length ?? 0, warnings: found.warning?.length ?? 0 };
    logger.info({ ...counts, ...(ended.failure && { failure: ended.failure }) }, 'the doctor has looked');
    await keepNote(paths.doctorRun, ended).catch((reason) =>
      logger.debug({ err: reason }, 'what the doctor found is not kept for later'),
    );
  }

  return {
    begin() {
      if (running === null) {
        latest = { state: 'running', dateStarted: clock.now(), dateEnded: null, checks: [], failure: null };
        logger.info('the doctor begins to look');
        running = look(latest.dateStarted).finally(() => {
          running = null;
        });
      }
      return latest!;
    },
    async latest() {
      latest ??= await readKept(paths.doctorRun);
      return latest;
    },
    async [Symbol.asyncDispose]() {
      stopping.abort();
      await running;
    },
  };
}

/** Null of what is no answer of the doctor. */
function readChecks(stdout: string): DoctorRun['checks'] | null {
  try {
    const { checks } = JSON.parse(stdout) as { checks: Check[] };
    return checks.map(({ items = [], ...check }) => ({
      ...check,
      items: items.slice(0, LIMITS.doctorItems),
    }));
  } catch {
    return null;
  }
}

function whyNot(stderr: string, error: Error | null): string {
  if (error !== null && 'killed' in error && error.killed) {
    return `It was ended after ${LIMITS.doctorSeconds} seconds. "quarry doctor" on the host of the server has no such bound.`;
  }
  const words = stderr.trim().split('\n').slice(-3).join(' ') || error?.message || 'It said nothing.';
  return `${words} "quarry doctor" on the host of the server may tell more.`;
}

async function readKept(path: string): Promise<DoctorRun | null> {
  return readFile(path, 'utf8').then(
    (text) => JSON.parse(text) as DoctorRun,
    () => null,
  );
}
