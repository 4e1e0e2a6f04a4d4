import { createHash } from 'node:crypto';
import { ftruncateSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RunInput } from '@quarry/contract';
import { startRequest } from '../exchange/http.ts';
import { writeAll } from '../files/copy-file.ts';
import { BACKOFF_FIRST_MS, BACKOFF_LAST_MS, INPUT_RETRY_MS, INPUT_STALL_MS } from '../limits.ts';
import { RunFailure } from './failure.ts';
import type { StopSwitch } from './stop-switch.ts';

class Refused extends Error {}

/** Streams an input from the server into an empty open file and checks its SHA-512; tries again while the server is away. */
export async function downloadInput(
  input: RunInput,
  target: number,
  { token, stop }: { token: string; stop: StopSwitch },
): Promise<void> {
  const giveUpAt = performance.now() + INPUT_RETRY_MS;
  const abort = new AbortController();
  const unsubscribe = stop.onRequest(() => abort.abort());
  try {
    for (let pauseMs = BACKOFF_FIRST_MS; ; pauseMs = Math.min(BACKOFF_LAST_MS, pauseMs * 2)) {
      try {
        return await downloadOnce(input, target, token, abort.signal);
      } catch (error) {
        if (error instanceof Refused || abort.signal.aborted || performance.now() > giveUpAt) {
          throw unavailable(input, error as Error);
        }
        await sleep(pauseMs);
      }
    }
  } finally {
    unsubscribe();
  }
}

async function downloadOnce(
  input: RunInput,
  target: number,
  token: string,
  signal: AbortSignal,
): Promise<void> {
  const hash = createHash('sha512');
  let position = 0;
  for await (const chunk of await openDownload(input.url, token, signal)) {
    hash.update(chunk as Buffer);
    await writeAll(target, chunk as Buffer, position);
    position += (chunk as Buffer).length;
  }
  // An attempt before may have brought more.
  ftruncateSync(target, position);
  const sha512 = hash.digest('hex');
  if (sha512 !== input.sha512.toLowerCase()) {
    throw new Error(`its SHA-512 is ${sha512.slice(0, 12)}… instead of ${input.sha512.slice(0, 12)}…`);
  }
}

function openDownload(
  url: string,
  token: string,
  signal: AbortSignal,
): Promise<import('node:http').IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = startRequest(url, {
      method: 'GET',
      headers: { authorization: `Bearer ${token}` },
      signal,
    });
    request.setTimeout(INPUT_STALL_MS, () =>
      request.destroy(new Error(`nothing came for ${INPUT_STALL_MS} ms`)),
    );
    request.on('error', reject);
    request.on('response', (response) => {
      const status = response.statusCode!;
      if (status === 200) {
        resolve(response);
        return;
      }
      response.resume();
      reject(
        status < 500 && status !== 429
          ? new Refused(`the server answered ${status}`)
          : new Error(`the server answered ${status}`),
      );
    });
    request.end();
  });
}

function unavailable(input: RunInput, error: Error): RunFailure {
  return new RunFailure(
    'input_unavailable',
    `The input ${input.name} could not be fetched: ${error.message}.`,
    'Check that the file still exists on the platform and that the cluster can reach the server, then submit again.',
    { cause: error },
  );
}
