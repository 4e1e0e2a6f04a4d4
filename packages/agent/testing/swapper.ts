import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

/** Exchanges each pair of names again and again, as fast as it can, until it is killed. */
const PROGRAM = `
const { renameSync } = require('node:fs');
const pairs = JSON.parse(process.argv[1]).map((pair) => pair.map((name) => Buffer.from(name, 'latin1')));
const move = (from, to) => { try { renameSync(from, to); } catch {} };
for (;;) {
  for (const [one, other] of pairs) {
    move(one, 'aside'); move(other, one); move('aside', other);
  }
}`;

/** A process that puts other things in the place of what is looked at, as a command may do that is still alive. */
export async function swapWithin(
  directory: string,
  pairs: Array<[string, string]>,
): Promise<AsyncDisposable & { isAlive: boolean }> {
  const names = pairs.map((pair) => pair.map((name) => Buffer.from(name, 'latin1').toString('latin1')));
  const child = spawn(process.execPath, ['-e', PROGRAM, JSON.stringify(names)], {
    cwd: directory,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  await once(child, 'spawn');
  return {
    get isAlive() {
      return child.exitCode === null && child.signalCode === null;
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      if (child.exitCode === null && child.signalCode === null) {
        await once(child, 'exit');
      }
    },
  };
}

export interface Plant {
  /** Below each directory. */
  path: string;
  /** Where what is there goes first; null where a link is only put where nothing is yet. */
  aside: string | null;
  target: string;
}

/** Puts links in the place of entries of all directories of one, as fast as it can, and says so the first time. */
const PLANTER = `
const { readdirSync, renameSync, symlinkSync, writeSync } = require('node:fs');
const plants = JSON.parse(process.argv[1]);
let count = 0;
for (;;) {
  let names = [];
  try { names = readdirSync('.').filter((name) => !name.includes('aside')); } catch {}
  for (const name of names) {
    for (const { path, aside, target } of plants) {
      try { if (aside !== null) renameSync(name + path, name + aside); } catch {}
      try {
        symlinkSync(target, name + path);
        if (count++ === 0) writeSync(1, 'planted');
      } catch {}
    }
  }
}`;

/**
 * A process with the rights of a command that was handed the directory of a slot, or of a home in it, and puts links where
 * something of ours is about to be written; `uid` is that of whom commands run as.
 */
export async function plantWithin(
  directory: string,
  plants: Plant[],
  uid: number,
): Promise<AsyncDisposable & { hasPlanted: boolean }> {
  const child = spawn(process.execPath, ['-e', PLANTER, JSON.stringify(plants)], {
    cwd: directory,
    stdio: ['ignore', 'pipe', 'inherit'],
    ...(uid !== process.getuid!() && { uid, gid: uid }),
  });
  let hasPlanted = false;
  child.stdout.once('data', () => {
    hasPlanted = true;
  });
  await once(child, 'spawn');
  return {
    get hasPlanted() {
      return hasPlanted;
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      if (child.exitCode === null && child.signalCode === null) {
        await once(child, 'exit');
      }
    },
  };
}

export const SECRET = 'nobody shall read this';

/** A directory that a job has no business in, with files named as those of the job. */
export class Outside {
  readonly path: string;
  readonly #before: string;

  constructor(
    base: string,
    names: readonly string[],
    { name = 'outside', directories = ['d'], owner = process.getuid!() } = {},
  ) {
    this.path = join(base, name);
    mkdirSync(this.path);
    for (const directory of ['', ...directories]) {
      mkdirSync(join(this.path, directory), { recursive: true });
      for (const name of names) {
        writeFileSync(join(this.path, directory, name), SECRET, { mode: 0o640 });
      }
    }
    for (const entry of ['', ...readdirSync(this.path, { recursive: true, encoding: 'utf8' })]) {
      chownSync(join(this.path, entry), owner, owner === process.getuid!() ? process.getgid!() : owner);
    }
    this.#before = this.#picture();
  }

  /** Whether it is as it was: nothing read by changing modes, moved, changed or removed. */
  get isUntouched(): boolean {
    return this.#picture() === this.#before;
  }

  /** Puts a link to it, or to something in it, somewhere. */
  linkAt(path: string, below = ''): void {
    symlinkSync(join(this.path, below), path);
  }

  #picture(): string {
    return JSON.stringify(
      readdirSync(this.path, { recursive: true, encoding: 'utf8' })
        .sort()
        .map((name) => {
          const path = join(this.path, name);
          const { mode, size, ino, nlink, ctimeMs, uid } = statSync(path);
          return [
            name,
            mode,
            size,
            ino,
            nlink,
            ctimeMs,
            uid,
            size > 0 && name.endsWith('x') ? readFileSync(path, 'utf8') : '',
          ];
        }),
    );
  }
}
