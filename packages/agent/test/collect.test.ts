import { execFileSync, spawnSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { CopyRoom } from '../src/outputs/copy-room.ts';
import type { HashMeter } from '../src/outputs/hash-meter.ts';
import { type Digest, Hasher, type HashOptions } from '../src/outputs/hasher.ts';
import { asOrdinaryUser } from '../testing/as-ordinary-user.ts';
import { inMemory, makeDeep } from '../testing/make-deep.ts';
import {
  areAsHashed,
  makeRun,
  namesOf,
  openFiles,
  type RunDirectory,
  reasonsOf,
  sha512Of,
} from './collect-harness.ts';

const TIB = 2 ** 40;

describe('which outputs are kept', () => {
  test('is the same whenever there are too many: the first by name, whatever came first', async () => {
    await using run = await makeRun();
    mkdirSync(join(run.work, 'b/c'), { recursive: true });
    mkdirSync(join(run.work, 'a'));
    const names = ['b/c/z', 'b.txt', 'a/x', 'b/a', 'c', 'B', 'ä', 'a!', 'a0'];
    for (const name of names) {
      writeFileSync(join(run.work, name), name);
    }
    const all = await run.collect();
    expect(namesOf(all)).toEqual(['B', 'a!', 'a/x', 'a0', 'b.txt', 'b/a', 'b/c/z', 'c', 'ä']);
    const some = await run.collect({ limits: { files: 6 } });
    expect(namesOf(some)).toEqual(['B', 'a!', 'a/x', 'a0', 'b.txt']);
    expect(some.skippedCount).toBe(4);
  });

  test('has a bound in the length of a file, which a hole cannot pass', async () => {
    await using run = await makeRun();
    writeFileSync(join(run.work, 'core'), '');
    truncateSync(join(run.work, 'core'), 4 * TIB);
    linkSync(join(run.work, 'core'), join(run.work, 'twin'));
    symlinkSync('core', join(run.work, 'link'));
    writeFileSync(join(run.work, 'small'), 'x');
    const collected = await run.collect({ limits: { fileBytes: 2 * TIB } });
    expect(namesOf(collected)).toEqual(['small']);
    const reason = 'it is larger than outputFileBytes (2 TiB)';
    expect(reasonsOf(collected)).toEqual({ core: reason, twin: reason, link: reason });
  });

  test('has bounds in paths and in entries, which are named', async () => {
    await using run = await makeRun();
    mkdirSync(join(run.work, 'n'.repeat(200)));
    for (const name of ['a', 'b', `${'n'.repeat(200)}/c`, 'z']) {
      writeFileSync(join(run.work, name), '');
    }
    const long = await run.collect({ limits: { pathBytes: 200 } });
    expect(namesOf(long)).toEqual(['a', 'b', 'z']);
    expect(Object.values(reasonsOf(long))).toEqual(['its path is longer than outputPathBytes (200 bytes)']);
    const many = await run.collect({ limits: { pathBytesPerRun: 7 } });
    expect(namesOf(many)).toEqual(['a', 'b']);
    expect(reasonsOf(many).z).toBe(
      'the paths of the outputs are longer together than outputPathBytesPerRun (7 bytes); the first by name are kept',
    );
    const entries = await run.collect({ limits: { entries: 4 } });
    expect(namesOf(entries)).toEqual(['a', 'b']);
    expect(Object.values(reasonsOf(entries))).toEqual([
      'it and what comes after it were not looked at: outputEntriesPerRun (4)',
    ]);
  });
});

describe('whatever a command may leave', () => {
  test('in 20,000 directories in one another is found', async () => {
    await using run = await makeRun(inMemory());
    makeDeep(run.work, 20_000);
    const before = openFiles();
    const collected = await run.collect();
    expect(namesOf(collected)).toEqual([`${'d/'.repeat(20_000)}bottom`]);
    expect(collected.skippedCount).toBe(0);
    expect(openFiles()).toBe(before);
    const short = await run.collect({ limits: { pathBytes: 4096 } });
    expect(short.skipped[0]!.relativePath).toMatch(/^…(\/?d)+\/bottom$/);
    expect(short.skipped[0]!.reason).toBe('its path is longer than outputPathBytes (4 KiB)');
  });

  test.each([
    ['a directory that may only be read', (work: string) => chmodSync(work, 0o555)],
    ['a directory without permissions', (work: string) => chmodSync(work, 0)],
    [
      'files and directories in it without permissions',
      (work: string) => {
        chmodSync(join(work, 'd/f'), 0);
        chmodSync(join(work, 'd'), 0);
      },
    ],
  ])('in %s is kept for a server that is not root', async (_what, spoil) => {
    await asOrdinaryUser(async () => {
      await using run = await makeRun();
      mkdirSync(join(run.work, 'd'));
      writeFileSync(join(run.work, 'd/f'), 'inside');
      writeFileSync(join(run.work, 'x'), 'x');
      spoil(run.work);
      const collected = await run.collect();
      expect([namesOf(collected), collected.skippedCount]).toEqual([['d/f', 'x'], 0]);
      expect(areAsHashed(collected)).toBe(true);
    });
  });

  test.each([
    [
      'a file',
      (path: string) => writeFileSync(path, ''),
      'it is no directory, put where the work directory was',
    ],
    ['a link', (path: string) => symlinkSync('/etc', path), 'it is a link, put where the work directory was'],
  ])('%s in the place of its directory is told, and the log is kept', async (_what, put, reason) => {
    for (const name of ['home/work', 'home']) {
      await using run = await makeRun();
      rmSync(join(run.directory, name), { recursive: true });
      put(join(run.directory, name));
      const collected = await run.collect();
      expect(collected.outputs.map(({ relativePath }) => relativePath)).toEqual(['process_output.log']);
      expect(reasonsOf(collected)).toEqual({ '': reason });
    }
  });

  test('with a date beyond all calendars is kept without it', async () => {
    await using run = await makeRun(inMemory());
    execFileSync('touch', ['-d', '@500000000000', join(run.work, 'late')]);
    const { outputs } = await run.collect();
    const date = statSync(join(run.work, 'late')).mtimeMs;
    expect(outputs[0]).toMatchObject({
      relativePath: 'late',
      modifiedAt: date > 2.6e14 ? null : expect.any(String),
    });
  });

  test('and still writes to is kept as it was at one moment', async () => {
    await using run = await makeRun();
    const path = join(run.work, 'growing');
    writeFileSync(path, 'begun\n');
    const hasher = new DisturbedHasher(() => appendFileSync(path, 'more\n'));
    const collected = await run.collect({ hasher });
    expect([namesOf(collected), collected.skippedCount]).toEqual([['growing'], 0]);
    expect(areAsHashed(collected)).toBe(true);
    expect(collected.outputs[0]!.path).toBe(join(run.directory, 'copies/1'));
    expect(readFileSync(collected.outputs[0]!.path, 'utf8')).toBe('begun\nmore\n');
  });
});

describe('a signal', () => {
  test('ends the hashing of a file without an end; what was not read is told, and the log is kept', async () => {
    await using run = await makeRun();
    writeFileSync(join(run.work, 'a'), 'a');
    for (const name of ['core', 'core.2']) {
      writeFileSync(join(run.work, name), '');
      truncateSync(join(run.work, name), TIB);
    }
    linkSync(join(run.work, 'core'), join(run.work, 'twin'));
    const before = openFiles();
    const controller = new AbortController();
    const hasher = new WatchedHasher();
    const collecting = run.collect({ hasher, signal: controller.signal });
    await hasher.isInTheMiddle();
    controller.abort(new Error('stopped'));
    const collected = await collecting;
    expect(collected.outputs.map(({ relativePath }) => relativePath)).toEqual(['a', 'process_output.log']);
    expect([collected.isCutShort, collected.lost, collected.skippedCount]).toEqual([true, null, 3]);
    const reason = 'the run was stopped while it was read';
    expect(reasonsOf(collected)).toEqual({ core: reason, 'core.2': reason, twin: reason });
    await closed(before);
    expect(blocksIn(join(run.directory, 'copies'))).toBe(0);
  });

  test('ends the look through a tree, too', async () => {
    await using run = await makeRun(inMemory());
    makeDeep(run.work, 5_000);
    const controller = new AbortController();
    let looked = 0;
    const snapshot = {
      compare: () => {
        looked += 1;
        return 'new' as const;
      },
    };
    setImmediate(() => controller.abort(new Error('stopped')));
    const collected = await run.collect({ snapshot, signal: controller.signal });
    expect([collected.isCutShort, looked]).toEqual([true, 0]);
    expect(collected.outputs.map(({ relativePath }) => relativePath)).toEqual(['process_output.log']);
    expect(reasonsOf(collected)).toEqual({
      '': 'the run was stopped while its outputs were being looked for',
    });
  });
});

describe('what leaves the originals', () => {
  test('hands over copies, and everything stays where and as it was', async () => {
    await using run = await asOrdinaryUser(() => makeRun());
    await asOrdinaryUser(() => {
      mkdirSync(join(run.work, 'd'));
      writeFileSync(join(run.work, 'd/f'), 'inside');
      writeFileSync(Buffer.concat([Buffer.from(join(run.work, 'bad')), Buffer.from([0xff])]), 'bytes');
      linkSync(join(run.directory, 'process_output.log'), join(run.work, 'process_output.log'));
      chmodSync(join(run.work, 'd/f'), 0);
      chmodSync(join(run.work, 'd'), 0o100);
      chmodSync(run.work, 0o500);
    });
    const before = picture(run);
    for (const copiesName of ['first', 'second']) {
      const collected = await asOrdinaryUser(() => run.collect({ room: new CopyRoom(0), copiesName }));
      expect(collected.outputs.map(({ relativePath }) => relativePath)).toEqual(
        ['d/f', '%bytes=bad%FF', 'process_output.log'].sort(),
      );
      expect(areAsHashed(collected)).toBe(true);
      expect(collected.outputs.every(({ path }) => path.startsWith(join(run.directory, copiesName)))).toBe(
        true,
      );
      expect(picture(run)).toEqual(before);
    }
  });
});

test('an output with another name is handed over as a copy, so that the other name cannot change it', async () => {
  await using run = await makeRun();
  writeFileSync(join(run.work, 'out'), 'as it was');
  linkSync(join(run.work, 'out'), join(run.base, 'elsewhere'));
  const { outputs } = await run.collect();
  appendFileSync(join(run.base, 'elsewhere'), ' and more');
  expect(readFileSync(outputs[0]!.path, 'utf8')).toBe('as it was');
  expect(outputs[0]!.sha512).toBe(sha512Of('as it was'));
});

test('the log has no other name when it is handed over', async () => {
  await using run = await makeRun();
  for (const name of ['process_output.log', 'my-log']) {
    linkSync(join(run.directory, 'process_output.log'), join(run.work, name));
  }
  const { outputs, skippedCount } = await run.collect();
  expect(skippedCount).toBe(0);
  expect(outputs).toMatchObject([{ path: join(run.directory, 'process_output.log') }]);
  expect(statSync(outputs[0]!.path).nlink).toBe(1);
});

/** A hasher that something happens to while it hashes its first file. */
class DisturbedHasher extends Hasher {
  #disturb: (() => void) | null;

  constructor(disturb: () => void) {
    super();
    this.#disturb = disturb;
  }

  override hash(fd: number, options: HashOptions): Promise<Digest> {
    const hashing = super.hash(fd, options);
    this.#disturb?.();
    this.#disturb = null;
    return hashing;
  }
}

/** A hasher that tells when it is done with a file and in the middle of a large one. */
class WatchedHasher extends Hasher {
  readonly #meters: HashMeter[] = [];
  #done = 0;

  override async hash(fd: number, options: HashOptions): Promise<Digest> {
    this.#meters.push(options.meter!);
    const digest = await super.hash(fd, options);
    this.#done += 1;
    return digest;
  }

  async isInTheMiddle(): Promise<void> {
    while (this.#done === 0 || !this.#meters.some(({ bytes }) => bytes > 2 ** 24)) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}

async function closed(files: number): Promise<void> {
  while (openFiles() > files) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

function blocksIn(directory: string): number {
  return existsSync(directory) ? readdirSync(directory).length : 0;
}

/** Names, kinds, modes, sizes and links below the run's home, as far as one may look who is not root. */
function picture({ directory }: RunDirectory): string {
  return spawnSync('find', ['home', '-printf', '%P %y %m %s %n\n'], {
    cwd: directory,
  }).stdout.toString('latin1');
}
