/**
 * The ends of runs whose outputs are on their way to the server. Each is written down, durable, before the first byte is
 * sent, and goes when the journal has it: so the end of a run is known though its agent dies meanwhile.
 */
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { NewEvent } from '../exchange/journal.ts';
import { report } from '../report.ts';

export type RunFinished = Extract<NewEvent, { type: 'run_finished' }>;

export interface PendingEnd {
  event: RunFinished;
  /** Of the run. */
  directory: string;
}

const SUFFIX = '.json';

export class PendingEnds {
  readonly #path: string;

  constructor(clusterDirectory: string) {
    this.#path = join(clusterDirectory, 'ends');
  }

  /** A full disk does not keep the outputs here: then a run whose agent dies meanwhile counts as cut off. */
  write(end: PendingEnd): void {
    const path = this.#fileOf(end.event.runId);
    try {
      mkdirSync(this.#path, { recursive: true, mode: 0o700 });
      const fd = openSync(`${path}.new`, 'w', 0o600);
      try {
        writeFileSync(fd, JSON.stringify(end));
        fsyncSync(fd);
      } finally {
        closeSync(fd);
      }
      renameSync(`${path}.new`, path);
      this.#sync();
    } catch (error) {
      report(`The end of run ${end.event.runId} cannot be written down: ${(error as Error).message}`);
      removeIfPossible(`${path}.new`);
    }
  }

  remove(runId: string): void {
    removeIfPossible(this.#fileOf(runId));
  }

  /** Those that an earlier agent of the cluster has left, but for what the journal has. */
  takeLeft(finished: ReadonlySet<string>): PendingEnd[] {
    const left: PendingEnd[] = [];
    for (const name of this.#names()) {
      const path = join(this.#path, name);
      const end = name.endsWith(SUFFIX) ? read(path) : null;
      if (end === null || finished.has(end.event.runId)) {
        removeIfPossible(path);
      } else {
        left.push(end);
      }
    }
    return left;
  }

  #names(): string[] {
    try {
      return readdirSync(this.#path);
    } catch {
      return [];
    }
  }

  #fileOf(runId: string): string {
    return join(this.#path, `${encodeURIComponent(runId)}${SUFFIX}`);
  }

  #sync(): void {
    const fd = openSync(this.#path, 'r');
    try {
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
  }
}

/** What stays is found to be done with by its run; a disk that takes nothing any more must not end the agent. */
function removeIfPossible(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch (error) {
    report(`${path} cannot be removed: ${(error as Error).message}`);
  }
}

function read(path: string): PendingEnd | null {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as PendingEnd;
  } catch (error) {
    report(`The end of a run at ${path} cannot be read: ${(error as Error).message}`);
    return null;
  }
}
