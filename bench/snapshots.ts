/** A snapshot of a work directory where the file system can share bytes, beside one where it cannot. */
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { rawOf } from '@quarry/agent/files/raw-name';
import { type TakenSnapshot, takeSnapshot } from '@quarry/agent/snapshots/take-snapshot';
import { mount } from '@quarry/agent/testing/mount';
import type { Benchmark, Figure, Row } from './lib/benchmark.ts';
import { temporaryDirectory } from './lib/platform.ts';
import { alternate, summarize } from './lib/samples.ts';

const RUNS = 3;
const MIB = 1024 * 1024;
const FILE_BYTES = 8 * MIB;
const FILES = 64;
/** Work directory, clones and archive, and some room. */
const DISK_BYTES = 2048 * MIB;
const SYSTEMS = {
  xfs: ['mkfs.xfs', '-q', '-m', 'reflink=1'],
  ext4: ['mkfs.ext4', '-q', '-F'],
} as const;
type System = keyof typeof SYSTEMS;

export const snapshots: Benchmark = {
  name: 'snapshots',
  summary: 'a work directory of 64 files of 8 MiB as an archive: by clones on XFS, by reading on ext4',

  async run({ runs = RUNS, tiny, note }) {
    const remarks: string[] = [];
    const shape = tiny ? { files: 4, bytes: 64 * 1024 } : { files: FILES, bytes: FILE_BYTES };
    await using directory = await temporaryDirectory();
    using disks = new DisposableStack();
    const here = join(directory.path, 'here');
    writeWork(here, shape);
    const places = new Map<System, string>();
    for (const system of Object.keys(SYSTEMS) as System[]) {
      note(`a disk with ${system}`);
      const place = join(directory.path, system);
      const disk = mountDisk(system, place);
      if (typeof disk === 'string') {
        remarks.push(disk);
      } else {
        disks.use(disk);
        places.set(system, place);
        writeWork(place, shape);
      }
    }
    note('taking snapshots');
    const taken = new Map<System, Taken[]>();
    const take = (system: System, place: string) => async () => {
      const one = takeOnce(place, shape.files);
      taken.set(system, [...(taken.get(system) ?? []), one]);
      return one.totalMs;
    };
    const sides = [...places].map(([system, place]) => [system, take(system, place)] as const);
    const totals = await alternate(tiny ? 1 : runs, {
      tar: async () => tarOnce(here),
      here: async () => takeOnce(here, shape.files).totalMs,
      ...(Object.fromEntries(sides) as Partial<Record<System, () => Promise<number>>>),
    });
    const rows: Row[] = [
      { what: 'peer: tar, sync and sha512sum on this disk', unit: 'ms', ...totals.tar },
      { what: 'the same as a snapshot', unit: 'ms', ...totals.here },
    ];
    const ofSystems = [...places.keys()].flatMap((system): Row[] => {
      const of = (value: (one: Taken) => number) => summarize(taken.get(system)!.map(value));
      const how = taken.get(system)!.at(-1)!.isCloned ? 'by clones' : 'by reading';
      return [
        {
          what: `${system}, ${how}: from the first file to the last`,
          unit: 'ms',
          ...of(({ spanMs }) => spanMs),
        },
        { what: `${system}, ${how}: until the archive is synced`, unit: 'ms', ...totals[system]! },
        { what: `${system}: the archive`, unit: 'MiB', ...of(({ archiveBytes }) => archiveBytes / MIB) },
        {
          what: `${system}: what its clones take beside that`,
          unit: 'MiB',
          ...of(({ cloneBytes }) => cloneBytes / MIB),
        },
      ];
    });
    const asTar: Figure = {
      what: 'a snapshot against tar, sync and sha512sum, medians',
      ...{
        value: totals.here.median / totals.tar.median,
        unit: 'x',
        first: 1.5,
        final: 1.1,
        better: 'lower',
      },
    };
    return { rows: [...rows, ...ofSystems], figures: [asTar, ...figuresOf(taken)], remarks };
  },
};

interface Taken extends Pick<TakenSnapshot, 'spanMs' | 'isCloned'> {
  totalMs: number;
  archiveBytes: number;
  /** Of the disk, beside the archive. */
  cloneBytes: number;
}

/** What somebody does by hand for the same. */
function tarOnce(place: string): number {
  const archive = join(place, 'by-hand.tar');
  const begun = performance.now();
  execFileSync('tar', ['-cf', archive, '-C', join(place, 'home', 'work'), '.']);
  execFileSync('sync', [archive]);
  execFileSync('sha512sum', [archive]);
  const totalMs = performance.now() - begun;
  rmSync(archive);
  return totalMs;
}

/** A disk of its own in a file, or why there is none. */
function mountDisk(system: System, place: string): Disposable | string {
  const image = `${place}.img`;
  const [program, ...options] = SYSTEMS[system];
  execFileSync('truncate', ['-s', String(DISK_BYTES), image]);
  const made = spawnSync(program, [...options, image], { encoding: 'utf8' });
  if (made.error || made.status !== 0) {
    return `${program} is not to be had here (${made.error?.message ?? made.stderr.trim()}): ${system} is left out.`;
  }
  mkdirSync(place);
  try {
    return mount('-o', 'loop', image, place);
  } catch (error) {
    return `A disk cannot be mounted here (${(error as Error).message.split('\n')[0]}): ${system} is left out.`;
  }
}

function writeWork(place: string, { files, bytes }: { files: number; bytes: number }): void {
  const work = join(place, 'home', 'work');
  mkdirSync(work, { recursive: true });
  for (let number = 0; number < files; number += 1) {
    const file = openSync(join(work, `field-${number}.dat`), 'w');
    const block = Buffer.alloc(Math.min(MIB, bytes), createHash('sha512').update(String(number)).digest());
    for (let written = 0; written < bytes; written += block.length) {
      writeSync(file, block);
    }
    closeSync(file);
  }
  execFileSync('sync', ['-f', place]);
}

function takeOnce(place: string, files: number): Taken {
  const [archive, clones] = [join(place, 'snapshot.tar'), join(place, 'clones')];
  const before = usedBytes(place);
  const begun = performance.now();
  const taken = takeSnapshot({
    root: place,
    names: ['home', 'work'].map(rawOf),
    archive,
    clones,
    globs: null,
    limits: { entries: 1_000_000, fileBytes: Number.MAX_SAFE_INTEGER, spareBytes: 0 },
  });
  const totalMs = performance.now() - begun;
  execFileSync('sync', ['-f', place]);
  const used = usedBytes(place) - before;
  const digest = createHash('sha512').update(readFileSync(archive)).digest('hex');
  if (
    taken.fileCount !== files ||
    taken.changedCount > 0 ||
    taken.skippedCount > 0 ||
    digest !== taken.sha512
  ) {
    throw new Error(`The snapshot is not whole: ${JSON.stringify(taken)}`);
  }
  rmSync(archive);
  rmSync(clones, { recursive: true, force: true });
  execFileSync('sync', ['-f', place]);
  const { spanMs, isCloned, sizeBytes } = taken;
  return { spanMs, isCloned, totalMs, archiveBytes: sizeBytes, cloneBytes: Math.max(0, used - sizeBytes) };
}

function usedBytes(place: string): number {
  const { blocks, bfree, bsize } = statfsSync(place);
  return (blocks - bfree) * bsize;
}

function figuresOf(taken: ReadonlyMap<System, readonly Taken[]>): Figure[] {
  const [cloned, read] = [taken.get('xfs'), taken.get('ext4')];
  if (cloned === undefined || read === undefined) {
    return [];
  }
  const spanOf = (of: readonly Taken[]) => summarize(of.map(({ spanMs }) => spanMs)).median;
  return [
    {
      what: 'moments of the files of a snapshot, by clones against by reading',
      ...{ value: spanOf(cloned) / spanOf(read), unit: 'x', first: 0.5, final: 0.2, better: 'lower' },
    },
  ];
}
