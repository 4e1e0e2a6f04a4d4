/**
 * What we ourselves put into the home of a run, while somebody who was handed a directory of its slot puts links in the place
 * of what we have just made: nothing outside is written, owned, moved or removed.
 */
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Opened, openTrusted } from '../../src/files/door.ts';
import { textOf } from '../../src/files/raw-name.ts';
import { Snapshot } from '../../src/outputs/snapshot.ts';
import { recoverHome } from '../../src/runs/homes.ts';
import { InputSource } from '../../src/runs/input-source.ts';
import { MACHINE_FILES, MachineFiles } from '../../src/runs/machine-files.ts';
import { makeRoom } from '../../src/runs/make-room.ts';
import { pathsOf, showLogInWork } from '../../src/runs/run-paths.ts';
import { stageInputs } from '../../src/runs/stage.ts';
import { StopSwitch } from '../../src/runs/stop-switch.ts';
import { WORK_NAMES } from '../../src/runs/work-names.ts';
import { identify } from '../../src/sandbox/identity.ts';
import { probeSandbox } from '../../src/sandbox/probe.ts';
import { clearDirectory } from '../../src/slots/clear-directory.ts';
import { Outside, type Plant, plantWithin, SECRET } from '../../testing/swapper.ts';
import { canRunAs, TestPlatform } from '../platform.ts';

const isRoot = process.getuid!() === 0;
/** Somebody else than the test, where it may give files away. */
const OTHER = isRoot ? 65_534 : process.getuid!();

interface Place extends AsyncDisposable {
  base: string;
  work: string;
  outside: Outside;
  /** Puts a link to a directory outside where the work directory is, which goes on under another name. */
  swap(): void;
  /** The work directory, wherever it is now. */
  real(): string;
}

async function makePlace(): Promise<Place> {
  const base = await mkdtempDisposable(join(tmpdir(), 'quarry-homes-'));
  const work = join(base.path, 'work');
  mkdirSync(work);
  const outside = new Outside(base.path, ['x', 'y']);
  return {
    ...{ base: base.path, work, outside },
    swap() {
      if (!existsSync(join(base.path, 'away'))) {
        renameSync(work, join(base.path, 'away'));
        outside.linkAt(work);
      }
    },
    real: () => (existsSync(join(base.path, 'away')) ? join(base.path, 'away') : work),
    [Symbol.asyncDispose]: () => base[Symbol.asyncDispose](),
  };
}

/** Calls back when something was put in its place, with the door open at its directory. */
class WatchedSnapshot extends Snapshot {
  readonly #onRecord: () => void;

  constructor(onRecord: () => void) {
    super(() => undefined);
    this.#onRecord = onRecord;
  }

  override record(relativePath: string, fd: number, sha512: string | null): void {
    super.record(relativePath, fd, sha512);
    this.#onRecord();
  }
}

function optionsFor(work: number, snapshot: Snapshot) {
  return {
    ...{ work, snapshot, stop: new StopSwitch(), note: () => undefined },
    source: new InputSource({ token: '', serverUrl: '', serverFile: null, directory: '/nowhere' }),
    limits: { archiveEntries: 100, archiveExpandedBytes: 10e6 },
  };
}

function inputOf(base: string, name: string, bytes: string | Buffer = 'input') {
  const path = join(base, `input-${name}`);
  writeFileSync(path, bytes);
  const sizeBytes = Buffer.byteLength(bytes);
  return { name, fileId: 'FileId', sizeBytes, sha512: '', decompress: true, path, url: '' };
}

describe('while the door is held open', () => {
  test('inputs go on into the directory that was opened, whatever has its name now', async () => {
    await using place = await makePlace();
    using work = new Opened(openTrusted(place.work));
    const inputs = ['a', 'x', 'y'].map((name) => inputOf(place.base, name));
    await stageInputs(inputs, optionsFor(work.fd, new WatchedSnapshot(place.swap)));
    expect(readdirSync(place.real()).toSorted()).toEqual(['a', 'x', 'y']);
    expect(lstatSync(join(place.real(), 'y')).mode & 0o777).toBe(0o755);
    expect(place.outside.isUntouched).toBe(true);
  });

  test('an input takes the place of a link that lies where it belongs', async () => {
    await using place = await makePlace();
    place.outside.linkAt(join(place.work, 'x'), 'x');
    using work = new Opened(openTrusted(place.work));
    await stageInputs([inputOf(place.base, 'x')], optionsFor(work.fd, new Snapshot(() => undefined)));
    expect(readFileSync(join(place.work, 'x'), 'utf8')).toBe('input');
    expect(lstatSync(join(place.work, 'x')).isFile()).toBe(true);
    expect(place.outside.isUntouched).toBe(true);
  });

  test.each([
    ['tar', 'tar -cf'],
    ['zip', 'zip -qr'],
  ])('entries of an archive (%s) go on into the directory that was opened', async (ending, pack) => {
    await using place = await makePlace();
    const packed = join(place.base, 'packed');
    mkdirSync(join(packed, 'd'), { recursive: true });
    for (const name of ['x', 'd/x', 'd/y', 'y']) {
      writeFileSync(join(packed, name), 'entry');
    }
    const archive = join(place.base, `archive.${ending}`);
    execFileSync('bash', ['-c', `${pack} ${archive} x d/x d/y y`], { cwd: packed });
    using work = new Opened(openTrusted(place.work));
    const input = inputOf(place.base, `archive.${ending}`, readFileSync(archive));
    await stageInputs([input], optionsFor(work.fd, new WatchedSnapshot(place.swap)));
    expect((readdirSync(place.real(), { recursive: true }) as string[]).toSorted()).toEqual(
      [`archive.${ending}`, 'd', 'd/x', 'd/y', 'x', 'y'].toSorted(),
    );
    expect(place.outside.isUntouched).toBe(true);
  });

  test('a directory of an archive that has become a link is not entered', async () => {
    await using place = await makePlace();
    const packed = join(place.base, 'packed');
    mkdirSync(join(packed, 'd'), { recursive: true });
    for (const name of ['d/a', 'x', 'd/x']) {
      writeFileSync(join(packed, name), 'entry');
    }
    const archive = join(place.base, 'a.tar');
    execFileSync('tar', ['-cf', archive, 'd/a', 'x', 'd/x'], { cwd: packed });
    using work = new Opened(openTrusted(place.work));
    const snapshot = new WatchedSnapshot(() => {
      if (existsSync(join(place.work, 'x')) && !lstatSync(join(place.work, 'd')).isSymbolicLink()) {
        renameSync(join(place.work, 'd'), join(place.work, 'away'));
        place.outside.linkAt(join(place.work, 'd'));
      }
    });
    const staging = stageInputs(
      [inputOf(place.base, 'a.tar', readFileSync(archive))],
      optionsFor(work.fd, snapshot),
    );
    await expect(staging).rejects.toMatchObject({ code: 'archive_broken' });
    expect(place.outside.isUntouched).toBe(true);
  });

  test('files of hosts take the place of links, and are linked again only while they are what they were', async () => {
    await using place = await makePlace();
    const files = new MachineFiles(2, () => undefined);
    const homes = ['one', 'two', 'three'].map((name) => join(place.base, name));
    for (const [index, home] of homes.entries()) {
      mkdirSync(home);
      for (const name of index === 0 ? MACHINE_FILES : MACHINE_FILES.slice(1)) {
        place.outside.linkAt(join(home, name), 'x');
      }
      using directory = new Opened(openTrusted(home));
      files.place(home, directory.fd);
      for (const name of MACHINE_FILES) {
        expect(lstatSync(join(home, name)).isFile()).toBe(true);
      }
      files.takeBack(home);
      // Somebody still has the home of the ended run open.
      rmSync(join(home, 'machinefile'));
      place.outside.linkAt(join(home, 'machinefile'), 'x');
    }
    expect(place.outside.isUntouched).toBe(true);
  });

  test('the log gets its name in the directory that was opened', async () => {
    await using place = await makePlace();
    writeFileSync(join(place.base, 'log'), 'log');
    using work = new Opened(openTrusted(place.work));
    place.swap();
    expect(showLogInWork(join(place.base, 'log'), work.fd)).toBe(false);
    expect(readdirSync(place.real())).toEqual(['process_output.log']);
    expect(place.outside.isUntouched).toBe(true);
  });

  test('a directory on the way of a template is made and owned where it was looked at', async () => {
    await using place = await makePlace();
    using room = makeRoom({
      ...{ work: { path: place.work, root: place.base, names: [WORK_NAMES[1]] }, name: 'd/e/x' },
      ...{ own: place.swap, subject: 'The name', code: 'template_unsafe' },
    });
    expect(textOf(room.name)).toBe('x');
    expect(existsSync(join(place.real(), 'd/e'))).toBe(true);
    expect(place.outside.isUntouched).toBe(true);
  });

  test('what is kept in a slot is not looked for through a link', async () => {
    await using place = await makePlace();
    mkdirSync(join(place.work, 'a/kept'), { recursive: true });
    mkdirSync(join(place.work, 'b'));
    const discarded: string[] = [];
    using work = new Opened(openTrusted(place.work));
    place.outside.linkAt(join(place.work, 'd'));
    renameSync(join(place.work, 'a'), join(place.base, 'a'));
    place.outside.linkAt(join(place.work, 'a'));
    const isWhole = clearDirectory(work.fd, ['a/kept', 'b'], (_directory, name) => discarded.push(name));
    expect([isWhole, discarded.toSorted()]).toEqual([false, ['a', 'd']]);
    expect(place.outside.isUntouched).toBe(true);
  });

  test('a link that was moved instead of a home leads nowhere, and a home that was on its way arrives', async () => {
    await using place = await makePlace();
    const cluster = join(place.base, 'cluster');
    const paths = pathsOf(join(cluster, 'runs/1'));
    mkdirSync(join(cluster, 'slots/1/1'), { recursive: true });
    mkdirSync(paths.directory, { recursive: true });
    symlinkSync('../../slots/1/1/home', paths.home);
    place.outside.linkAt(paths.homeTaken);
    expect(recoverHome(paths, cluster)).toBe(false);
    expect(readdirSync(paths.directory)).toEqual(['home']);
    expect(readdirSync(paths.home)).toEqual(['work']);
    rmSync(paths.home, { recursive: true });
    mkdirSync(paths.homeTaken);
    writeFileSync(join(paths.homeTaken, 'state'), '');
    symlinkSync('../../slots/1/1/home', paths.home);
    expect(recoverHome(paths, cluster)).toBe(true);
    expect(readdirSync(paths.home)).toEqual(['state']);
    expect(place.outside.isUntouched).toBe(true);
  });
});

const { isStaying } = await probeSandbox();
const INPUTS = 40;
const RUNS = 12;
const RESUMED_RUNS = 8;

/** Runs with many inputs, an archive and a template, while links are put where any of it goes. */
async function runUnderAttack(platform: TestPlatform, plants: Plant[], uid: number): Promise<void> {
  const archive = join(platform.directory, 'archive.tar');
  execFileSync('tar', ['-cf', archive, '-C', '/etc', 'hosts', 'passwd']);
  const inputs = Array.from({ length: INPUTS }, (_, index) => platform.input(`x${index}`, `input ${index}`));
  inputs.push(platform.input('archive.tar', readFileSync(archive)));
  const templates = [{ file: platform.input('template', 'rendered'), processedFilename: 'd/x' }];
  // There is a slot from here on.
  expect(await platform.run(['true'])).toMatchObject({ outcome: 'success' });
  {
    await using planter = await plantWithin(join(platform.cluster.directory, 'slots/1'), plants, uid);
    for (let round = 0; round < RUNS; round += 1) {
      await platform.run([{ command: 'echo x > x', templates }], { inputs });
    }
    expect(planter.hasPlanted).toBe(true);
  }
  expect(await platform.run(['cat x0'], { inputs })).toMatchObject({ outcome: 'success' });
}

describe.skipIf(!isStaying)('for real, while a process puts links wherever it can', () => {
  const asWork = (target: string): Plant[] => [{ path: '/home/work', aside: '/home/aside', target }];
  const inHome = (target: string): Plant[] =>
    MACHINE_FILES.map((name) => ({
      path: `/home/${name}`,
      aside: `/home/aside-${name}`,
      target: `${target}/x`,
    }));
  const inWork = (target: string): Plant[] =>
    ['x7', 'x30', 'passwd', 'd'].map((name) => ({
      path: `/home/work/${name}`,
      aside: null,
      target: `${target}/${name === 'd' ? '' : 'x'}`,
    }));

  test.runIf(isRoot).each([
    ['in the place of a work directory', asWork],
    ['into a home', inHome],
    ['into a work directory', inWork],
  ])("%s that is not the agent's own", async (_what, plantsFor) => {
    await using platform = await new TestPlatform({ sandbox: 'required' }).start();
    const outside = new Outside(platform.directory, ['x'], { directories: ['home/work'] });
    await runUnderAttack(platform, plantsFor(outside.path), identify({ isolated: true }).uid);
    expect(outside.isUntouched).toBe(true);
    expect(readFileSync(join(outside.path, 'x'), 'utf8')).toBe(SECRET);
  });

  test('into a home in which a run is taken up again', async () => {
    await using first = await new TestPlatform({ sandbox: 'required' }).start();
    const outside = new Outside(first.directory, ['x'], { directories: ['home/work'] });
    const run = first.assign(['sleep 300']);
    await first.started(run.runId);
    await first.killAgent();
    for (let round = 0; round < RESUMED_RUNS; round += 1) {
      await using next = await new TestPlatform({ sandbox: 'required', beside: first }).start();
      const slot = join(next.cluster.directory, 'slots/1');
      await next.until(() => existsSync(slot));
      const { uid } = identify({ isolated: true });
      await using planter = await plantWithin(slot, inHome(outside.path), uid);
      next.assign(['sleep 300'], { directory: run.directory, resume: true });
      await next.until(() =>
        next.events.some(({ type }) => type === 'run_started' || type === 'run_finished'),
      );
      await next.until(() => planter.hasPlanted);
      await next.killAgent();
    }
    expect(outside.isUntouched).toBe(true);
    expect(readFileSync(join(outside.path, 'x'), 'utf8')).toBe(SECRET);
  });

  test.skipIf(isRoot && !canRunAs(OTHER)).each([
    ['in the place of a work directory', asWork],
    ['into a home', inHome],
    ['into a work directory', inWork],
    [
      'in the place of a home',
      (target: string): Plant[] => [{ path: '/home', aside: '/aside', target: `${target}/home` }],
    ],
    [
      'in the place of what holds a home',
      (target: string): Plant[] => [{ path: '', aside: '-aside', target }],
    ],
  ])('%s, with the rights of the agent itself', async (_what, plantsFor) => {
    await using platform = new TestPlatform({ sandbox: 'required', ...(isRoot && { user: OTHER }) });
    await platform.start();
    for (const directories of [['home/work'], ['work']]) {
      const options = { name: `outside-${directories[0]!.length}`, directories, owner: OTHER };
      const outside = new Outside(platform.directory, ['x'], options);
      await runUnderAttack(platform, plantsFor(outside.path), OTHER);
      expect(outside.isUntouched).toBe(true);
      expect(readFileSync(join(outside.path, 'x'), 'utf8')).toBe(SECRET);
    }
  });
});
