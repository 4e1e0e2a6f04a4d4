/** Downloads that end in the middle and are begun again, and two at once with one target. */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { TransferEvent } from '@quarry/sdk';
import { downloadFile, downloadUrl } from '@quarry/sdk/node';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type ByteServer, rangeHeaders, rangeOf, startByteServer } from './byte-server.ts';
import type { Asked } from './platform-double.ts';

const CHILD = fileURLToPath(new URL('./download-child.ts', import.meta.url));
const MIB = 1024 * 1024;
const content = randomBytes(12 * MIB + 777);
let directory: string;
const target = () => join(directory, 'result.bin');
const leftovers = async () => (await readdir(directory)).filter((name) => name !== 'result.bin');

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'quarry-resume-'));
});
afterEach(() => rm(directory, { recursive: true }));

/** Sends the first bytes of each range and then nothing more, as long as `isStuck`. */
function stuckAfter(bytes: number, isStuck: () => boolean) {
  return (request: Asked, response: ServerResponse) => {
    if (!isStuck()) {
      return false;
    }
    const [start, end] = rangeOf(request, content);
    response.writeHead(206, rangeHeaders(start, end, content));
    response.write(content.subarray(start, Math.min(end + 1, start + bytes)));
    return true;
  };
}

function startChild(platform: ByteServer): ChildProcess {
  return spawn(process.execPath, [CHILD, platform.url, target()], { stdio: ['ignore', 'pipe', 'inherit'] });
}

/** The first event of a child that fits. */
async function eventOf(child: ChildProcess, fits: (event: TransferEvent | Failed) => boolean) {
  for await (const line of createInterface({ input: child.stdout! })) {
    const event = JSON.parse(line) as TransferEvent | Failed;
    if (fits(event)) {
      return event;
    }
  }
  throw new Error('The client ended without saying what was waited for.');
}

interface Failed {
  type: 'failed';
  name: string;
  message: string;
  problem: string;
}

async function resume(platform: ByteServer, options: { resume?: boolean } = {}) {
  const events: TransferEvent[] = [];
  const { verified } = await downloadFile(platform.client(), 'filef', target(), {
    ...options,
    onEvent: (event) => events.push(event),
  });
  expect(verified).toBe(true);
  expect((await readFile(target())).equals(content)).toBe(true);
  expect(await leftovers()).toEqual([]);
  const start = events.find((event) => event.type === 'start');
  return { events, resumedBytes: start!.resumedBytes };
}

/** Downloads until so much is there, and stops. */
async function stopInTheMiddle(
  call: (signal: AbortSignal, onBytes: (bytes: number) => void) => Promise<unknown>,
) {
  const abort = new AbortController();
  const onBytes = (bytes: number) => bytes > 6 * MIB && abort.abort(new Error('stopped'));
  await expect(call(abort.signal, onBytes)).rejects.toThrow('stopped');
}

test('a client that was killed goes on where it stopped, and no lock is left behind', async () => {
  let isStuck = true;
  await using platform = await startByteServer({ content, misbehave: stuckAfter(3 * MIB, () => isStuck) });
  const child = startChild(platform);
  await eventOf(child, (event) => event.type === 'progress' && event.transferredBytes > 4 * MIB);
  const journal = join(directory, '.result.bin.quarry-journal');
  while (!/^\d+ \d{7,}$/m.test(await readFile(journal, 'utf8'))) {
    await sleep(20);
  }
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(await leftovers()).toEqual(
    ['journal', 'lock', 'partial'].map((ending) => `.result.bin.quarry-${ending}`),
  );
  isStuck = false;
  const before = platform.ranges().length;
  const { resumedBytes } = await resume(platform);
  expect(resumedBytes).toBeGreaterThanOrEqual(MIB);
  expect(platform.ranges().slice(before)).not.toContainEqual(expect.stringMatching(/^bytes=0-/));
});

test('a second process is refused in words while the first one runs, and leaves it alone', async () => {
  let isStuck = true;
  await using platform = await startByteServer({ content, misbehave: stuckAfter(2 * MIB, () => isStuck) });
  const child = startChild(platform);
  await eventOf(child, (event) => event.type === 'progress' && event.transferredBytes > MIB);
  const second = startChild(platform);
  const refusal = await eventOf(second, (event) => event.type === ('failed' as string));
  expect(refusal).toMatchObject({ name: 'LocalFileError', problem: 'busy' });
  const inThisProcess = downloadFile(platform.client(), 'filef', target());
  await expect(inThisProcess).rejects.toMatchObject({ problem: 'busy' });
  child.kill('SIGKILL');
  await once(child, 'exit');
  isStuck = false;
  await resume(platform);
});

test('without resuming, what an earlier attempt left is dropped', async () => {
  await using platform = await startByteServer({ content });
  await stopInTheMiddle((signal, onBytes) =>
    downloadFile(platform.client(), 'filef', target(), {
      signal,
      onProgress: ({ transferredBytes }) => onBytes(transferredBytes),
    }),
  );
  expect((await resume(platform, { resume: false })).resumedBytes).toBe(0);
});

test('another file under the same name drops what is there, and says so', async () => {
  await using other = await startByteServer({ content: randomBytes(content.byteLength) });
  await stopInTheMiddle((signal, onBytes) =>
    downloadFile(other.client(), 'filef', target(), {
      signal,
      onProgress: ({ transferredBytes }) => onBytes(transferredBytes),
    }),
  );
  await using platform = await startByteServer({ content });
  const { events, resumedBytes } = await resume(platform);
  expect(resumedBytes).toBe(0);
  expect(events).toContainEqual({
    type: 'restart',
    path: target(),
    message: expect.stringContaining('another file'),
  });
});

test('a partial file that was cut short behind our back is dropped, and said', async () => {
  await using platform = await startByteServer({ content });
  await stopInTheMiddle((signal, onBytes) =>
    downloadFile(platform.client(), 'filef', target(), {
      signal,
      onProgress: ({ transferredBytes }) => onBytes(transferredBytes),
    }),
  );
  await writeFile(join(directory, '.result.bin.quarry-partial'), 'short');
  const { events } = await resume(platform);
  expect(events).toContainEqual(expect.objectContaining({ type: 'restart' }));
});

test('a name that is nearly too long is resumed, too', async () => {
  await using platform = await startByteServer({ content });
  const long = join(directory, 'x'.repeat(250));
  await stopInTheMiddle((signal, onBytes) =>
    downloadFile(platform.client(), 'filef', long, {
      signal,
      onProgress: ({ transferredBytes }) => onBytes(transferredBytes),
    }),
  );
  const events: TransferEvent[] = [];
  await downloadFile(platform.client(), 'filef', long, { onEvent: (event) => events.push(event) });
  expect(events[0]).toMatchObject({ type: 'start', resumedBytes: expect.any(Number) });
  expect(events[0]?.type === 'start' && events[0].resumedBytes).toBeGreaterThan(MIB);
  expect((await stat(long)).size).toBe(content.byteLength);
  expect(await readdir(directory)).toHaveLength(1);
});

test.each([
  ['an ETag', { etag: '"one"' }],
  ['a date', { 'last-modified': 'Sun, 22 Nov 2026 10:00:00 GMT' }],
])('an address whose server states %s is resumed with If-Range', async (_name, headers) => {
  await using server = await startByteServer({ content, headers });
  const url = `${server.url}/any/where.bin`;
  await stopInTheMiddle((signal, onBytes) =>
    downloadUrl(url, target(), { signal, onProgress: ({ transferredBytes }) => onBytes(transferredBytes) }),
  );
  const before = server.asked.length;
  const events: TransferEvent[] = [];
  await downloadUrl(url, target(), { onEvent: (event) => events.push(event) });
  expect((await readFile(target())).equals(content)).toBe(true);
  const start = events.find((event) => event.type === 'start');
  expect(start?.resumedBytes).toBeGreaterThan(MIB);
  const asked = server.asked.slice(before);
  expect(asked.every(({ headers: sent }) => sent['if-range'] === Object.values(headers)[0])).toBe(true);
});

test('an address whose server states neither is begun anew, since nobody could tell whether it is the same', async () => {
  await using server = await startByteServer({ content });
  const url = `${server.url}/any/where.bin`;
  await stopInTheMiddle((signal, onBytes) =>
    downloadUrl(url, target(), { signal, onProgress: ({ transferredBytes }) => onBytes(transferredBytes) }),
  );
  const events: TransferEvent[] = [];
  await downloadUrl(url, target(), { onEvent: (event) => events.push(event) });
  expect((await readFile(target())).equals(content)).toBe(true);
  expect(events.find((event) => event.type === 'start')?.resumedBytes).toBe(0);
});
