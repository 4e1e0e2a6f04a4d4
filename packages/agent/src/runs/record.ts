/**
 * What is known of a run beside its directory: what staging put there, how far its steps have come and what they said.
 * Written down as it happens, a line of JSON each, where no command reaches it, so that a run whose agent has died can
 * be collected as it stands, and resumed where it was.
 */
import { closeSync, constants, fstatSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { RunUsage } from '@quarry/contract';
import { RECORD_LINE_ENTRIES } from '../limits.ts';
import type { StagedEntry } from '../outputs/snapshot.ts';
import { report } from '../report.ts';
import type { OutputVariable } from './output-variables.ts';
import type { Verdict } from './verdict.ts';

/** The steps of a tile, in order. Templates are rendered by the agent itself, the others are commands. */
export const STEPS = ['templates', 'pre', 'command', 'post'] as const;
export type Step = (typeof STEPS)[number];

/** A step of a run; its tiles are numbered from 0. */
export interface Position {
  tile: number;
  step: Step;
}

/** Where a run begins that nothing is known of. */
export const START: Position = { tile: 0, step: 'templates' };

/** What is known of a run after its agent has died. */
export interface RecordedRun {
  staged: StagedEntry[];
  /** The step to go on with: the one that was under way, or that would have followed. */
  next: Position;
  /** Of the steps that had ended. */
  exitCode: number | null;
  variables: OutputVariable[];
  usage: RunUsage | null;
  /** How the run ended, when its commands were over; what it left had yet to be collected. */
  verdict: Verdict | null;
  /** Whether it was cut off by the end of its agent, which had time to write down why. */
  isCut: boolean;
  /** Files that were moved from their places in the directory of the run to names among the copies, to be handed over. */
  aside: [relativePath: string, name: string][];
}

type Line =
  | { staged: StagedEntry[] }
  | { began: Position }
  | ({ ended: Position } & Pick<RecordedRun, 'exitCode' | 'variables' | 'usage'>)
  | { verdict: Verdict; isCut: boolean }
  | { resumed: Position }
  | { aside: RecordedRun['aside'][number] | null };

const { O_RDWR, O_CREAT, O_APPEND, O_NOFOLLOW } = constants;

/** The record of a run that is executed. Without it the run goes on: all that is lost is the knowledge for later. */
export class RunRecord {
  readonly #fd: number;
  #isLost = false;

  /** Opens the record in a run's directory, and begins it there where there is none. */
  constructor(directory: string) {
    const path = recordPath(directory);
    this.#fd = openSync(path, O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW, 0o600);
    // What is written next would else be the end of a line that a full disk or a power cut has cut short.
    const { size } = fstatSync(this.#fd);
    const whole = size > 0 ? readFileSync(path).lastIndexOf('\n') + 1 : 0;
    if (whole < size) {
      ftruncateSync(this.#fd, whole);
    }
  }

  /** Files that were put into the work directory since the last call. */
  staged(entries: StagedEntry[]): void {
    for (let start = 0; start < entries.length; start += RECORD_LINE_ENTRIES) {
      this.#write({ staged: entries.slice(start, start + RECORD_LINE_ENTRIES) });
    }
  }

  began(position: Position): void {
    this.#write({ began: position });
  }

  /** The step has done what it was to do. */
  ended(position: Position, known: Pick<RecordedRun, 'exitCode' | 'variables' | 'usage'>): void {
    this.#write({ ended: position, ...known });
  }

  /** All commands are over. */
  verdict(verdict: Verdict): void {
    this.#write({ verdict, isCut: false });
  }

  /** The run was cut off with its agent. */
  cut(verdict: Verdict): void {
    this.#write({ verdict, isCut: true });
  }

  /** A file is about to be moved. */
  movedAside(relativePath: string, name: string): void {
    this.#write({ aside: [relativePath, name] });
  }

  /** These files are where they were. */
  movedBack(): void {
    this.#write({ aside: null });
  }

  /** A later agent goes on with the run. */
  resumed(position: Position): void {
    this.#write({ resumed: position });
  }

  [Symbol.dispose](): void {
    closeSync(this.#fd);
  }

  #write(line: Line): void {
    if (this.#isLost) {
      return;
    }
    try {
      const bytes = Buffer.from(`${JSON.stringify(line)}\n`);
      for (let written = 0; written < bytes.length; ) {
        written += writeSync(this.#fd, bytes, written);
      }
    } catch (error) {
      // A line after one that is missing could say what is not so.
      this.#isLost = true;
      report(`The record of a run cannot be written: ${(error as Error).message}`);
    }
  }
}

/** The record of a run before its first line. */
export function emptyRecord(): RecordedRun {
  return {
    staged: [],
    next: START,
    exitCode: null,
    variables: [],
    usage: null,
    verdict: null,
    isCut: false,
    aside: [],
  };
}

/** Reads what a run's directory tells of it; null where there is no record. A line that was cut short ends it. */
export function readRecord(directory: string): RecordedRun | null {
  let text: string;
  try {
    text = readFileSync(recordPath(directory), 'utf8');
  } catch {
    return null;
  }
  const record = emptyRecord();
  const lines = text.split('\n');
  // What follows the last line end was cut short.
  for (const line of lines.slice(0, -1)) {
    try {
      take(record, JSON.parse(line) as Line);
    } catch {
      break;
    }
  }
  return record;
}

/** The step that follows another; whether the tile has it is seen when its turn comes. */
export function stepAfter({ tile, step }: Position): Position {
  const next = STEPS[STEPS.indexOf(step) + 1];
  return next === undefined ? { tile: tile + 1, step: STEPS[0] } : { tile, step: next };
}

function take(record: RecordedRun, line: Line): void {
  if ('staged' in line) {
    for (const entry of line.staged) {
      record.staged.push(entry);
    }
  } else if ('verdict' in line) {
    record.verdict = line.verdict;
    record.isCut = line.isCut;
  } else if ('ended' in line) {
    const { ended, exitCode, variables, usage } = line;
    Object.assign(record, { next: stepAfter(ended), exitCode, variables, usage });
  } else if ('aside' in line) {
    if (line.aside === null) {
      record.aside = [];
    } else {
      record.aside.push(line.aside);
    }
  } else {
    record.next = 'began' in line ? line.began : line.resumed;
    record.verdict = null;
  }
}

/** Where the record of a run is. */
export function recordPath(directory: string): string {
  return join(directory, 'record.ndjson');
}
