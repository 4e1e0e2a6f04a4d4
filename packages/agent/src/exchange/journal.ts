import { closeSync, fdatasync, fstatSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';
import type { AgentEvent } from '@quarry/contract';
import { EVENT_BYTES_PER_EXCHANGE, EVENTS_PER_EXCHANGE } from '../limits.ts';
import { monotonicMs } from '../monotonic.ts';
import { report } from '../report.ts';
import { isDiskFull } from '../runs/failure.ts';
import type { Reserve } from './reserve.ts';

type Unnumbered<Event> = Event extends AgentEvent ? Omit<Event, 'seq' | 'at' | 'monotonicMs'> : never;
/** An event before the journal has given it its number and time. */
export type NewEvent = Unnumbered<AgentEvent>;

interface Pending {
  seq: number;
  line: string;
}

/**
 * The numbered events of this cluster. An event is written when it happens and flushed before it is sent;
 * it stays in memory until the server has acknowledged it, and in the file for good. On a full disk it is written to
 * what was set aside for that, and where there is nothing, as soon as there is space.
 */
export class Journal {
  readonly #fd: number;
  #sizeBytes: number;
  #pending: Pending[] = [];
  /** What the disk has not taken yet, oldest first. */
  #unwritten: Pending[] = [];
  readonly #reserve: Reserve | null;
  #lastSeq = 0;
  #durableSeq = 0;
  #flush: Promise<void> | null = null;
  #earlier: AgentEvent[];
  /** Whether an earlier agent of this cluster has written here. */
  readonly continued: boolean;

  constructor(path: string, reserve: Reserve | null = null) {
    this.#reserve = reserve;
    void reserve?.setAside();
    this.#fd = openSync(path, 'a+', 0o600);
    const { events, lines, length } = readLines(path);
    // A line that was cut off by a crash was never sent: it is forgotten, and the next one starts clean.
    if (length < fstatSync(this.#fd).size) {
      ftruncateSync(this.#fd, length);
    }
    this.#sizeBytes = length;
    this.#earlier = events;
    this.continued = events.length > 0;
    this.#pending = events.map((event, index) => ({ seq: event.seq, line: lines[index]! }));
    this.#lastSeq = events.at(-1)?.seq ?? 0;
  }

  /** The events of an earlier agent of this cluster, once. */
  takeEarlier(): AgentEvent[] {
    const earlier = this.#earlier;
    this.#earlier = [];
    return earlier;
  }

  /** Numbers the event and writes it down. */
  append(event: NewEvent): void {
    const seq = ++this.#lastSeq;
    const line = JSON.stringify({
      seq,
      at: new Date().toISOString(),
      monotonicMs: monotonicMs(),
      ...event,
    });
    this.#pending.push({ seq, line });
    this.#unwritten.push({ seq, line });
    this.#writeAll();
  }

  /** In order, so that whoever reads the journal finds no event before an earlier one. */
  #writeAll(): void {
    try {
      this.#writeUnwritten();
    } catch (error) {
      if (isDiskFull(error) && this.#reserve?.release()) {
        report('The disk is full: the journal goes on in the space that was set aside for it.');
        this.#writeAll();
        return;
      }
      // A full disk must not keep the news from the server, which makes it durable on its side.
      report(`The journal cannot be written: ${(error as Error).message}`);
    }
    void this.#reserve?.setAside();
  }

  #writeUnwritten(): void {
    for (let next = this.#unwritten[0]; next !== undefined; next = this.#unwritten[0]) {
      const bytes = Buffer.from(`${next.line}\n`);
      try {
        // A disk that fills up takes the beginning without an error.
        for (let written = 0; written < bytes.length; ) {
          written += writeSync(this.#fd, bytes, written);
        }
      } catch (error) {
        ftruncateSync(this.#fd, this.#sizeBytes);
        throw error;
      }
      this.#sizeBytes += bytes.length;
      this.#unwritten.shift();
    }
  }

  /**
   * Numbers what comes behind what the server has applied. A full disk may have kept events from this file that the server
   * has got all the same.
   */
  continueAfter(seq: number): void {
    this.#lastSeq = Math.max(this.#lastSeq, seq);
  }

  /** Resolves when what was appended is on the disk. */
  async flush(): Promise<void> {
    while (this.#durableSeq < this.#lastSeq) {
      await this.#flushAll();
    }
  }

  get hasNews(): boolean {
    return this.#pending.length > 0;
  }

  /** The oldest events without acknowledgement, as JSON texts, once they are on the disk. */
  async takeBatch(): Promise<string[]> {
    const batch: string[] = [];
    let bytes = 0;
    let last = 0;
    for (const { seq, line } of this.#pending) {
      bytes += line.length;
      if (batch.length > 0 && (batch.length >= EVENTS_PER_EXCHANGE || bytes > EVENT_BYTES_PER_EXCHANGE)) {
        break;
      }
      batch.push(line);
      last = seq;
    }
    while (this.#durableSeq < last) {
      await this.#flushAll();
    }
    return batch;
  }

  /** Forgets what the server has made durable. */
  acknowledge(seq: number): void {
    const keep = this.#pending.findIndex((event) => event.seq > seq);
    if (keep !== 0) {
      this.#pending = keep === -1 ? [] : this.#pending.slice(keep);
    }
    if (this.#unwritten.length > 0) {
      this.#unwritten = this.#unwritten.filter((event) => event.seq > seq);
    }
  }

  close(): void {
    this.#reserve?.close();
    closeSync(this.#fd);
  }

  #flushAll(): Promise<void> {
    this.#flush ??= new Promise((resolve) => {
      const upTo = this.#lastSeq;
      fdatasync(this.#fd, (error) => {
        if (error !== null) {
          report(`The journal cannot be flushed: ${error.message}`);
        }
        this.#durableSeq = upTo;
        this.#flush = null;
        resolve();
      });
    });
    return this.#flush;
  }
}

function readLines(path: string): { events: AgentEvent[]; lines: string[]; length: number } {
  const text = readFileSync(path);
  const events: AgentEvent[] = [];
  const lines: string[] = [];
  let start = 0;
  for (let end = text.indexOf(10); end !== -1; end = text.indexOf(10, start)) {
    const line = text.toString('utf8', start, end);
    try {
      events.push(JSON.parse(line) as AgentEvent);
    } catch {
      break;
    }
    lines.push(line);
    start = end + 1;
  }
  return { events, lines, length: start };
}
