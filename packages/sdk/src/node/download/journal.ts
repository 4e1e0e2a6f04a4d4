/**
 * What is known about a partial file, kept beside it so that a client started again goes on: a line of JSON that says
 * which bytes are wanted, then one line for each event:
 *
 * - `12345 67890`: the bytes from 12345 to 67890, the last one excluded, were written;
 * - `sync`: the disk was asked to make safe all that stands above;
 * - `synced`: it has.
 *
 * A process may be killed at any moment: a torn last line is no line. What was written but not made safe counts as long
 * as the machine has not been started anew since.
 */
import { constants } from 'node:fs';
import { open, readFile, rename, rm } from 'node:fs/promises';
import { uptime } from 'node:os';
import { isOurs } from './our-own.ts';
import { type Stretch, Stretches } from './stretches.ts';

/** Which bytes a partial file is made of. */
export interface Wanted {
  /** The file of a platform, or an address. */
  identity: string;
  /** Null as long as nobody has said. */
  sizeBytes: number | null;
  sha512: string | null;
  /** A strong ETag or a date, to notice that the bytes behind an address have changed. */
  validator: string | null;
}

interface Head extends Wanted {
  format: 1;
  /** When the machine was started, in seconds since 1970 by a clock that may have been set since. */
  bootedAt: number;
  /** The name of that boot, where the system gives one. */
  bootId?: string;
}

/** Clocks are corrected meanwhile; no machine starts twice in so short a time. */
const BOOT_TOLERANCE_SECONDS = 10;
/** Lines are collected for so long: what a killed client fetched in the last moment is fetched again. */
const FLUSH_MS = 200;

/** What an earlier attempt left, null when there is nothing to be read. */
export async function readJournal(path: string): Promise<{ wanted: Wanted; stretches: Stretches } | null> {
  const text = await readOwn(path).catch(() => null);
  const [first = '', ...lines] = text?.split('\n') ?? [];
  const head = parseHead(first);
  if (head === null) {
    return null;
  }
  // What stands behind the last line break is torn, or nothing.
  lines.pop();
  const written: Stretch[] = [];
  let asked = 0;
  let safe = 0;
  for (const line of lines) {
    const [, start, end] = /^(\d+) (\d+)$/.exec(line) ?? [];
    if (end !== undefined) {
      written.push({ start: Number(start), end: Number(end) });
    } else if (line === 'sync') {
      asked = written.length;
    } else if (line === 'synced') {
      safe = asked;
    } else {
      break;
    }
  }
  const bootId = await readBootId();
  const isSameBoot =
    head.bootId !== undefined && bootId !== undefined
      ? head.bootId === bootId
      : Math.abs(head.bootedAt - bootedAt()) <= BOOT_TOLERANCE_SECONDS;
  const { identity, sizeBytes, sha512, validator } = head;
  return {
    wanted: { identity, sizeBytes, sha512, validator },
    stretches: new Stretches(isSameBoot ? written : written.slice(0, safe)),
  };
}

/** What another user has written says nothing of what this one has. */
async function readOwn(path: string): Promise<string | null> {
  await using file = await open(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
  return (await isOurs(path, await file.stat())) ? await file.readFile('utf8') : null;
}

/** The journal of a download that is under way. */
export class Journal {
  readonly #append: (text: string) => Promise<unknown>;
  readonly #close: () => Promise<void>;
  #unflushed = new Stretches();
  #timer: NodeJS.Timeout | null = null;
  #tail: Promise<unknown> = Promise.resolve();

  private constructor(append: (text: string) => Promise<unknown>, close: () => Promise<void>) {
    this.#append = append;
    this.#close = close;
  }

  /** Begins the journal anew with what is there already; the one before is replaced when this one is complete. */
  static async begin(path: string, wanted: Wanted, present: Stretches): Promise<Journal> {
    const head: Head = { format: 1, ...wanted, bootedAt: bootedAt(), bootId: await readBootId() };
    const fresh = `${path}.new`;
    // What stands there may be a link that somebody has laid.
    await rm(fresh, { force: true });
    const handle = await open(fresh, 'wx');
    try {
      await handle.write(`${JSON.stringify(head)}\n${linesOf(present)}`);
      await rename(fresh, path);
    } catch (error) {
      await handle.close();
      throw error;
    }
    return new Journal(
      (text) => handle.write(text),
      () => handle.close(),
    );
  }

  /** These bytes were written. */
  wrote(start: number, end: number): void {
    this.#unflushed.add(start, end);
    this.#timer ??= setTimeout(() => this.#flush(''), FLUSH_MS);
  }

  /** Runs `sync`, and records that all that was written before is safe on disk. */
  async whileSyncing(sync: () => Promise<void>): Promise<void> {
    this.#flush('sync\n');
    await sync();
    this.#flush('synced\n');
  }

  async close(): Promise<void> {
    this.#flush('');
    await this.#tail;
    await this.#close();
  }

  #flush(more: string): void {
    const text = linesOf(this.#unflushed) + more;
    this.#unflushed = new Stretches();
    if (this.#timer !== null) {
      clearTimeout(this.#timer);
    }
    this.#timer = null;
    // On a full disk a line is lost, and its bytes are fetched again later: no reason to fail.
    if (text !== '') {
      this.#tail = this.#tail.then(() => this.#append(text)).catch(() => {});
    }
  }
}

function linesOf(stretches: Stretches): string {
  return stretches
    .list()
    .map(({ start, end }) => `${start} ${end}\n`)
    .join('');
}

function parseHead(line: string): Head | null {
  try {
    const head = JSON.parse(line) as Partial<Head> | null;
    return head?.format === 1 && typeof head.identity === 'string' && typeof head.bootedAt === 'number'
      ? (head as Head)
      : null;
  } catch {
    return null;
  }
}

async function readBootId(): Promise<string | undefined> {
  const text = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => undefined);
  return text?.trim();
}

function bootedAt(): number {
  return Math.round(Date.now() / 1000 - uptime());
}
