import { createHash, type Hash } from 'node:crypto';
import { createReadStream, fstatSync, ftruncateSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RunInput } from '@quarry/contract';
import { startTransfer } from '../exchange/http.ts';
import { writeAll } from '../files/copy-file.ts';
import {
  BACKOFF_FIRST_MS,
  BACKOFF_LAST_MS,
  INPUT_ATTEMPTS,
  INPUT_RETRY_MS,
  INPUT_STALL_MS,
} from '../limits.ts';
import { isDiskFull, RunFailure } from './failure.ts';
import type { StopSwitch } from './stop-switch.ts';

class RefusedError extends Error {}

/** What has arrived is not what was stored. */
class WrongBytesError extends Error {}

/** The server, as inputs are fetched from it. */
interface Source {
  token: string;
  /** Where it gives the bytes of an input now. */
  urlOf(input: RunInput): string;
}

/**
 * Streams an input from the server into an open file and checks its SHA-512. Goes on with what the file has, and after a
 * broken connection from where that was; tries again while the server is away. Throws a RunFailure.
 */
export async function downloadInput(
  input: RunInput,
  target: number,
  { source, stop }: { source: Source; stop: StopSwitch },
): Promise<void> {
  const abort = new AbortController();
  const unsubscribe = stop.onRequest(() => abort.abort());
  try {
    const download = new Download(input, target, source, abort.signal);
    let wrong = 0;
    let [giveUpAt, pauseMs] = [performance.now() + INPUT_RETRY_MS, BACKOFF_FIRST_MS];
    for (;;) {
      const before = download.position;
      try {
        return await download.goOn();
      } catch (error) {
        wrong += error instanceof WrongBytesError ? 1 : 0;
        const isOver = wrong >= INPUT_ATTEMPTS || performance.now() > giveUpAt || isDiskFull(error);
        if (error instanceof RefusedError || abort.signal.aborted || isOver) {
          throw unavailable(input, error as Error);
        }
      }
      if (download.position > before) {
        [giveUpAt, pauseMs] = [performance.now() + INPUT_RETRY_MS, BACKOFF_FIRST_MS];
      }
      await sleep(pauseMs, undefined, { signal: abort.signal }).catch(() => undefined);
      pauseMs = Math.min(BACKOFF_LAST_MS, pauseMs * 2);
    }
  } finally {
    unsubscribe();
  }
}

/** An input on its way, from one connection to the next. */
class Download {
  readonly #input: RunInput;
  readonly #target: number;
  readonly #source: Source;
  readonly #signal: AbortSignal;
  /** Of the bytes before the position; null until those are read that the file has from before. */
  #hash: Hash | null = null;
  position = 0;

  constructor(input: RunInput, target: number, source: Source, signal: AbortSignal) {
    this.#input = input;
    this.#target = target;
    this.#source = source;
    this.#signal = signal;
  }

  async goOn(): Promise<void> {
    const { sizeBytes } = this.#input;
    const hash = this.#hash ?? (await this.#readPresent());
    if (this.position < sizeBytes || sizeBytes === 0) {
      for await (const chunk of await this.#open()) {
        const bytes = chunk as Buffer;
        await writeAll(this.#target, bytes, this.position);
        hash.update(bytes);
        this.position += bytes.length;
      }
    }
    if (this.position < sizeBytes) {
      throw new Error(`the connection ended after ${this.position} of ${sizeBytes} bytes`);
    }
    const sha512 = hash.digest('hex');
    const wanted = this.#input.sha512.toLowerCase();
    if (sha512 !== wanted) {
      this.#startOver();
      throw new WrongBytesError(`its SHA-512 is ${sha512.slice(0, 12)}… instead of ${wanted.slice(0, 12)}…`);
    }
    ftruncateSync(this.#target, this.position);
  }

  /** Hashes what an earlier agent has left in the file. */
  async #readPresent(): Promise<Hash> {
    this.#hash = createHash('sha512');
    const { size } = fstatSync(this.#target);
    if (size > this.#input.sizeBytes) {
      this.#startOver();
    } else if (size > 0) {
      for await (const chunk of createReadStream('', {
        ...{ fd: this.#target, autoClose: false },
        ...{ start: 0, end: size - 1 },
      })) {
        this.#hash.update(chunk as Buffer);
        this.position += (chunk as Buffer).length;
      }
    }
    return this.#hash!;
  }

  #startOver(): void {
    this.#hash = createHash('sha512');
    this.position = 0;
    ftruncateSync(this.#target, 0);
  }

  #open(): Promise<import('node:http').IncomingMessage> {
    return new Promise((resolve, reject) => {
      const from = this.position;
      const request = startTransfer(this.#source.urlOf(this.#input), {
        method: 'GET',
        headers: {
          authorization: `Bearer ${this.#source.token}`,
          ...(from > 0 && { range: `bytes=${from}-` }),
        },
        signal: this.#signal,
      });
      request.setTimeout(INPUT_STALL_MS, () =>
        request.destroy(new Error(`nothing came for ${INPUT_STALL_MS} ms`)),
      );
      request.on('error', reject);
      request.on('response', (response) => {
        const status = response.statusCode!;
        const isRest = status === 206 && response.headers['content-range']?.startsWith(`bytes ${from}-`);
        if (isRest || (status === 200 && from === 0)) {
          resolve(response);
          return;
        }
        response.resume();
        const words = `the server answered ${status}`;
        if (status === 200 || status === 206 || status === 416) {
          // A server or a proxy that knows no ranges.
          this.#startOver();
          reject(new Error(words));
          return;
        }
        // Only our server answers in JSON: a proxy that does not find it while it starts must not fail the run.
        const isOurs = response.headers['content-type']?.includes('json') === true;
        const isRefused = isOurs && status < 500 && ![408, 429].includes(status);
        reject(isRefused ? new RefusedError(words) : new Error(words));
      });
      request.end();
    });
  }
}

function unavailable(input: RunInput, error: Error): RunFailure {
  return new RunFailure(
    'input_unavailable',
    `The input ${input.name} could not be fetched: ${error.message}.`,
    'Check that the file still exists on the platform and that the cluster can reach the server, then submit again.',
    { cause: error },
  );
}
