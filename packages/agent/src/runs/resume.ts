/** Goes on with a run in the directory that an attempt has left whose agent died: nothing is staged again. */
import {
  appendFileSync,
  chmodSync,
  closeSync,
  linkSync,
  lstatSync,
  openSync,
  readSync,
  realpathSync,
} from 'node:fs';
import type { RunAssignment, RunTile } from '@quarry/contract';
import { linkDevices } from '../devices/devices.ts';
import { entryAt, inodeAt, Opened, openBelow } from '../files/door.ts';
import { ownTree } from '../files/own-tree.ts';
import { type RawName, rawOf } from '../files/raw-name.ts';
import { removeTree } from '../files/remove-tree.ts';
import { Snapshot } from '../outputs/snapshot.ts';
import { clearCopies } from './aside.ts';
import type { Execution } from './execution.ts';
import { RunFailure } from './failure.ts';
import { lendHome, recoverHome } from './homes.ts';
import { MACHINE_FILES } from './machine-files.ts';
import { type Position, type RecordedRun, readRecord, START, type Step, stepAfter } from './record.ts';
import {
  asReplaced,
  type DirectoryMeans,
  isDirectory,
  openWork,
  own,
  pathInSlot,
  pathsOf,
  type RunPaths,
  removeWhole,
} from './run-paths.ts';
import type { Verdict } from './verdict.ts';
import { HOME_NAME, LOG_NAME, PID_NAME } from './work-names.ts';

const NEWLINE = 10;

export interface ReopenedRun {
  paths: RunPaths;
  snapshot: Snapshot;
  /** The step to begin with. */
  next: Position;
  /** What was known when the attempt before was cut off. */
  known: Pick<RecordedRun, 'exitCode' | 'variables'>;
  /** How the run ended, when its commands were over then: all that is left is to collect what it has left. */
  verdict: Verdict | null;
  /** Names of storage devices in its home that the run has given to something of its own. */
  taken: RawName[];
}

/**
 * Finds what an attempt has left; throws a RunFailure when it is not there any more. `onTaken` is called before it leaves its
 * place: from then on whoever cleans up behind a dead agent has to know of the run.
 */
export async function reopenRun(
  run: RunAssignment,
  means: DirectoryMeans,
  onTaken: (paths: RunPaths) => void,
): Promise<ReopenedRun> {
  const { slot, identity } = means;
  slot.occupy();
  const paths = pathsOf(run.directory, slot.directory);
  recoverHome(paths, null);
  const link = [paths.home, paths.workDirectory].find((path) => isLink(path));
  if (link !== undefined) {
    throw new RunFailure(
      'directory_lost',
      `The run cannot be resumed: ${link} is a link, and a run goes on only where its own directory is.`,
      'Put the directory itself in the place of the link and resume the run again (quarry runs resume), or execute it from its beginning (POST jobs/{id}/runs/rerun/, quarry runs rerun).',
    );
  }
  if (!isDirectory(paths.home) || !isDirectory(paths.workDirectory)) {
    throw new RunFailure(
      'directory_lost',
      `The run cannot be resumed: its directory ${run.directory} is not there any more, or not whole.`,
      'Execute the run again from its beginning (POST jobs/{id}/runs/rerun/, quarry runs rerun).',
    );
  }
  const record = readRecord(run.directory);
  await clearCopies(paths, record);
  const { uid, mode } = lstatSync(paths.home);
  if (uid !== identity.uid) {
    // The attempt before was executed as somebody else.
    await ownTree(realpathSync.native(run.directory), [HOME_NAME], identity);
  }
  // What the agent itself puts there must not fail on what a command did to its home.
  chmodSync(paths.home, mode | 0o700);
  const verdict = record?.isCut === false ? record.verdict : null;
  let taken: RawName[] = [];
  if (verdict === null) {
    onTaken(paths);
    taken = await prepareHome(paths, means);
  }
  endOpenLine(paths.log);
  const snapshot = new Snapshot((fd) => own(fd, identity));
  snapshot.restore(record?.staged ?? []);
  for (const input of run.inputs) {
    snapshot.expect(input.name, input);
  }
  const { exitCode = null, variables = [], next = START } = record ?? {};
  return { paths, snapshot, next, known: { exitCode, variables }, verdict, taken };
}

/** Puts the home where commands find it, with the files that tell of this host. */
async function prepareHome(
  paths: RunPaths,
  { slot, machineFiles, deviceLinks }: DirectoryMeans,
): Promise<RawName[]> {
  try {
    const inSlot = pathInSlot(paths.directory, slot);
    if (inSlot !== null) {
      lendHome(paths, inSlot);
    }
    using home = new Opened(openBelow(paths.scripts.root, [...paths.scripts.names, HOME_NAME]));
    // Of the host that the run was on, and names in the home belong to its commands.
    for (const name of MACHINE_FILES) {
      await removeWhole(`${inodeAt(home.fd)}/${name}`);
    }
    machineFiles.place(paths.home, home.fd);
    return linkDevices(home.fd, deviceLinks);
  } catch (error) {
    throw asReplaced(error);
  }
}

function isLink(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true;
}

/** Says in log and record that the run goes on, and with what it was found. */
export async function takeUp(
  { paths, next, known, verdict, taken }: ReopenedRun,
  execution: Execution,
): Promise<void> {
  const { run, log, record, progress } = execution;
  progress.exitCode = known.exitCode;
  progress.variables.push(...known.variables);
  if (verdict !== null) {
    log.line('Its commands were over when the attempt before was cut off: only its outputs are collected.');
    return;
  }
  for (const name of taken) {
    log.line(
      `The home of the run has something of its own called ${name}, which stays: the storage device is not shown there.`,
    );
  }
  record.resumed(next);
  await showNamesAgain(paths);
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
async function showNamesAgain({ work, log }: RunPaths): Promise<void> {
  using directory = new Opened(openWork(work));
  try {
    for (const name of [PID_NAME, LOG_NAME]) {
      await removeTree(`${inodeAt(directory.fd)}/${name}`);
    }
    linkSync(log, entryAt(directory.fd, rawOf(LOG_NAME)));
  } catch {
    // Or the file system has no hard links: the log is only at its true home then.
  }
}
