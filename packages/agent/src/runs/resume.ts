/** Goes on with a run in the directory that an attempt has left whose agent died: nothing is staged again. */
import {
  appendFileSync,
  chmodSync,
  closeSync,
  lchownSync,
  linkSync,
  lstatSync,
  openSync,
  readdirSync,
  readSync,
  rmSync,
} from 'node:fs';
import { join } from 'node:path';
import type { RunAssignment, RunTile } from '@quarry/contract';
import { Snapshot } from '../outputs/snapshot.ts';
import type { Identity } from '../sandbox/identity.ts';
import type { Execution } from './execution.ts';
import { RunFailure } from './failure.ts';
import { lendHome, recoverHome } from './homes.ts';
import { MACHINE_FILES } from './machine-files.ts';
import { isDirectory, own, type PlaceMeans, placeInSlot, placesIn, type RunPlaces } from './places.ts';
import { type Position, type RecordedRun, readRecord, START, type Step, stepAfter } from './record.ts';

const NEWLINE = 10;

export interface ReopenedRun {
  places: RunPlaces;
  snapshot: Snapshot;
  /** The step to begin with. */
  next: Position;
  /** What was known when the attempt before was cut off. */
  known: Pick<RecordedRun, 'exitCode' | 'variables'>;
}

/** Finds what an attempt has left; throws a RunFailure when it is not there any more. */
export function reopenRun(run: RunAssignment, means: PlaceMeans): ReopenedRun {
  const { slot, identity, machineFiles } = means;
  slot.occupy();
  const inSlot = placeInSlot(run.directory, slot);
  const places = placesIn(run.directory, inSlot);
  recoverHome(places, null);
  if (!isDirectory(places.home) || !isDirectory(places.workDirectory)) {
    throw new RunFailure(
      'directory_lost',
      `The run cannot be resumed: its directory ${run.directory} is not there any more, or not whole.`,
      'Execute the run again from its beginning (POST jobs/{id}/runs/rerun/, quarry runs rerun).',
    );
  }
  rmSync(places.copies, { recursive: true, force: true });
  const { uid, mode } = lstatSync(places.home);
  if (uid !== identity.uid) {
    ownAll(places.home, identity);
  }
  // What the agent itself puts there must not fail on what a command did to its home.
  chmodSync(places.home, mode | 0o700);
  if (inSlot !== null) {
    lendHome(places, inSlot);
  }
  // Of the host that the run was on, and names in the home belong to its commands.
  for (const name of MACHINE_FILES) {
    rmSync(join(places.home, name), { recursive: true, force: true });
  }
  machineFiles.place(places.home);
  endOpenLine(places.log);
  const record = readRecord(run.directory);
  const snapshot = new Snapshot((path) => own(path, identity));
  snapshot.restore(record?.staged ?? []);
  for (const input of run.inputs) {
    snapshot.expect(input.name, input);
  }
  const known = { exitCode: record?.exitCode ?? null, variables: record?.variables ?? [] };
  return { places, snapshot, next: record?.next ?? START, known };
}

/** Says in log and record that the run goes on, and with what it was found. */
export function takeUp({ places, next, known }: ReopenedRun, execution: Execution): void {
  const { run, log, record, progress } = execution;
  progress.exitCode = known.exitCode;
  progress.variables.push(...known.variables);
  record.resumed(next);
  showNamesAgain(places);
  log.line(`Resumed in the directory that the attempt before has left, with ${inWords(next, run)}.`);
}

const STEP_WORDS: Record<Step, string> = {
  templates: 'the templates',
  pre: 'the pre-process script',
  command: 'the command',
  post: 'the post-process script',
};

/** Steps that a tile does not have are passed over. */
function inWords(next: Position, { tiles }: RunAssignment): string {
  for (let { tile, step } = next; tile < tiles.length; { tile, step } = stepAfter({ tile, step })) {
    if (hasStep(tiles[tile]!, step)) {
      return `${STEP_WORDS[step]} of tile ${tile + 1}`;
    }
  }
  return 'nothing left to execute';
}

function hasStep({ templates, preProcess, postProcess }: RunTile, step: Step): boolean {
  const has = {
    templates: templates.length > 0,
    pre: preProcess !== null,
    command: true,
    post: postProcess !== null,
  };
  return has[step];
}

/** The attempt before was executed as somebody else. */
function ownAll(directory: string, { uid, gid }: Identity): void {
  const left = [Buffer.from(directory)];
  for (let path = left.pop(); path !== undefined; path = left.pop()) {
    lchownSync(path, uid, gid);
    if (lstatSync(path).isDirectory()) {
      for (const name of readdirSync(path, { encoding: 'buffer' })) {
        left.push(Buffer.concat([path, Buffer.from('/'), name]));
      }
    }
  }
}

function endOpenLine(log: string): void {
  const sizeBytes = lstatSync(log, { throwIfNoEntry: false })?.size ?? 0;
  if (sizeBytes === 0) {
    return;
  }
  const last = Buffer.alloc(1);
  const fd = openSync(log, 'r');
  try {
    readSync(fd, last, 0, 1, sizeBytes - 1);
  } finally {
    closeSync(fd);
  }
  if (last[0] !== NEWLINE) {
    appendFileSync(log, '\n');
  }
}

/** The agent's own names in the work directory; where a command has made that read-only they stay as they are. */
function showNamesAgain({ workDirectory, log, logInWork }: RunPlaces): void {
  try {
    rmSync(join(workDirectory, '.rescalepid'), { recursive: true, force: true });
    rmSync(logInWork, { recursive: true, force: true });
    linkSync(log, logInWork);
  } catch {
    // Or the file system has no hard links: the log is only at its true home then.
  }
}
