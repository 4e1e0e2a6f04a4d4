/**
 * Brings the outputs of a run to the server: each digest once, small files together with those of other runs, large ones
 * from where the server has them. A file that is not any more as it was hashed is not brought.
 */
import { closeSync, readSync, realpathSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Deliverable, Delivery, RunOutput } from '@quarry/contract';
import {
  hasCode,
  Opened,
  openAgain,
  openBelow,
  openEntry,
  reasonOf,
  stampOf,
  statOf,
} from '../files/door.ts';
import { rawOf } from '../files/raw-name.ts';
import {
  BACKOFF_FIRST_MS,
  BACKOFF_LAST_MS,
  DELIVERY_ATTEMPTS,
  DELIVERY_FILES,
  SMALL_DELIVERY_BYTES,
  UNASKED_DELIVERY_BYTES,
} from '../limits.ts';
import { report } from '../report.ts';
import type { Turns } from '../turns.ts';
import type { Batches } from './batches.ts';
import { DeliveryRefusedError, type DeliveryServer, ServerTroubleError } from './server.ts';

const CHANGED = 'the file has changed since it was hashed';

/** What is to be brought cannot be read any more, or is something else now. */
class UnreadableError extends Error {}

export interface Means {
  server: DeliveryServer;
  batches: Batches;
  /** Of large files. */
  turns: Turns;
  /** What is done when the server does not answer for too long; null where that has no end. */
  silence: { mostMs: number; giveUp: () => void } | null;
  /** Of the cluster, where no job can change a name. */
  directory: string;
}

/** What became of an output that is not at the server. */
export interface Unbrought {
  output: RunOutput;
  reason: string;
  /** The run was stopped before, and nothing is wrong with it. */
  isCut: boolean;
}

/**
 * Answers what could not be brought. Rejects only when `leaving` is aborted. Where little is
 * to be sent the server is asked only on demand whether it has it.
 */
export async function bringOutputs(
  outputs: readonly RunOutput[],
  means: Means,
  {
    signalOf,
    stopped,
    leaving,
  }: { signalOf: (output: RunOutput) => AbortSignal; stopped: AbortSignal; leaving: AbortSignal },
  { asks }: { asks: boolean },
): Promise<Unbrought[]> {
  const different = [...new Map(outputs.map((output) => [output.sha512, output])).values()];
  const bytes = different.reduce((total, { sizeBytes }) => total + sizeBytes, 0);
  const isAsked = asks || bytes > UNASKED_DELIVERY_BYTES;
  const stored = isAsked ? await findStored(different, means, { stopped, leaving }) : new Set<string>();
  const unbrought = new Map<string, Omit<Unbrought, 'output'>>();
  await Promise.all(
    different
      .filter(({ sha512 }) => !stored.has(sha512))
      .map(async (output) => {
        const signal = AbortSignal.any([signalOf(output), leaving]);
        try {
          await bringOne(output, means, signal);
        } catch (error) {
          leaving.throwIfAborted();
          const isCut = signal.aborted;
          const reason = isCut ? 'the run was stopped before it was delivered' : reasonOf(error);
          unbrought.set(output.sha512, { reason, isCut });
        }
      }),
  );
  return outputs.flatMap((output) => {
    const why = unbrought.get(output.sha512);
    return why === undefined ? [] : [{ output, ...why }];
  });
}

/** Which of them the server has; where it does not say, or a stop comes before, all are brought, and what is wrong is told of each. */
async function findStored(
  outputs: readonly RunOutput[],
  means: Means,
  { stopped, leaving }: { stopped: AbortSignal; leaving: AbortSignal },
): Promise<Set<string>> {
  const { server, turns } = means;
  const signal = AbortSignal.any([stopped, leaving]);
  const stored = new Set<string>();
  for (let from = 0; from < outputs.length; from += DELIVERY_FILES) {
    const some = outputs.slice(from, from + DELIVERY_FILES).map(digestOf);
    try {
      const answers = await untilAnswered(() => turns.take(() => server.ask(some, signal)), means, signal);
      for (const { sha512, isStored } of answers) {
        if (isStored) {
          stored.add(sha512);
        }
      }
    } catch (error) {
      leaving.throwIfAborted();
      report(`The server does not say which outputs it has: ${(error as Error).message}`);
      return stored;
    }
  }
  return stored;
}

async function bringOne(output: RunOutput, means: Means, signal: AbortSignal): Promise<void> {
  const { batches, turns } = means;
  for (let attempt = 1; ; attempt += 1) {
    const isSmall = output.sizeBytes <= SMALL_DELIVERY_BYTES;
    const { isStored } = await untilAnswered(
      () =>
        isSmall
          ? batches.bring({ ...digestOf(output), read: () => readSmall(output, means) })
          : turns.take(() => bringLarge(output, means, signal)),
      means,
      signal,
    );
    if (isStored) {
      return;
    }
    // What arrived was not what was hashed: it has changed since, or on the way.
    closeSync(openOutput(output, means));
    if (attempt === DELIVERY_ATTEMPTS) {
      throw new DeliveryRefusedError(`what arrived was ${attempt} times not what had been sent`);
    }
  }
}

/** Brings a large file from where the server has it. */
async function bringLarge(output: RunOutput, means: Means, signal: AbortSignal): Promise<Delivery> {
  const { server } = means;
  signal.throwIfAborted();
  const file = digestOf(output);
  const [known] = await server.ask([file], signal);
  if (known!.isStored) {
    return known!;
  }
  using opened = new Opened(openOutput(output, means));
  return await server.bring(opened.fd, file, known!.receivedBytes, signal);
}

function digestOf({ sha512, sizeBytes }: RunOutput): Deliverable {
  return { sha512, sizeBytes };
}

function readSmall(output: RunOutput, means: Means): Buffer {
  const { sizeBytes } = output;
  using opened = new Opened(openOutput(output, means));
  const bytes = Buffer.allocUnsafe(sizeBytes);
  for (let filled = 0; filled < sizeBytes; ) {
    const count = readSync(opened.fd, bytes, filled, sizeBytes - filled, filled);
    if (count === 0) {
      throw new UnreadableError(CHANGED);
    }
    filled += count;
  }
  return bytes;
}

/** Opens the very file that was hashed. */
function openOutput({ path, sizeBytes, stamp }: RunOutput, { directory }: Means): number {
  try {
    const root = realpathSync.native(directory);
    if (!path.startsWith(`${root}/`)) {
      throw new UnreadableError("it is not a file inside the cluster's directory");
    }
    const names = path.slice(root.length + 1).split('/');
    using above = new Opened(openBelow(root, names.slice(0, -1).map(rawOf)));
    using entry = new Opened(openEntry(above.fd, rawOf(names.at(-1)!)));
    const stats = statOf(entry.fd);
    const isAsItWas = stats.isFile() && Number(stats.size) === sizeBytes;
    if (!isAsItWas || (stamp !== null && stampOf(stats) !== stamp)) {
      throw new UnreadableError(CHANGED);
    }
    return openAgain(entry.fd);
  } catch (error) {
    throw error instanceof UnreadableError ? error : new UnreadableError(reasonOf(error), { cause: error });
  }
}

/** Asks again while the server is away; rejects in words when it refuses, or the signal comes. */
async function untilAnswered<Answer>(
  ask: () => Promise<Answer>,
  { server, silence }: Pick<Means, 'server' | 'silence'>,
  signal: AbortSignal,
): Promise<Answer> {
  let refusals = 0;
  let silentSince: number | null = null;
  for (let pauseMs = BACKOFF_FIRST_MS; ; pauseMs = Math.min(BACKOFF_LAST_MS, pauseMs * 2)) {
    signal.throwIfAborted();
    try {
      return await unlessAborted(ask(), signal);
    } catch (error) {
      signal.throwIfAborted();
      if (!mayPass(error)) {
        throw error;
      }
      refusals += error instanceof ServerTroubleError && error.isRefusal ? 1 : 0;
      if (refusals >= DELIVERY_ATTEMPTS) {
        throw error;
      }
      silentSince ??= performance.now();
      const sinceMs = Math.max(silentSince, server.answeredAtMs);
      if (silence !== null && performance.now() > sinceMs + silence.mostMs) {
        silence.giveUp();
      }
      if (pauseMs === BACKOFF_FIRST_MS) {
        report(`An output could not be delivered (${(error as Error).message}): it is tried again.`);
      }
      await sleep(pauseMs * (0.5 + Math.random() / 2), undefined, { signal }).catch(() => undefined);
    }
  }
}

/** A file may share its request with those of other runs, and wait for its turn behind them: who is stopped waits for neither. */
function unlessAborted<Answer>(answer: Promise<Answer>, signal: AbortSignal): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    answer.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

/** Trouble of the connection or of the server, other than what is wrong here or for good. */
function mayPass(error: unknown): boolean {
  const isForGood = [DeliveryRefusedError, UnreadableError].some((kind) => error instanceof kind);
  return !isForGood && !hasCode(error, 'EIO');
}
