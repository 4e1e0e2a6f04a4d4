import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
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

export const SECRET = 'nobody shall read this';

/** A directory that a job has no business in, with files named as those of the job. */
export class Outside {
  readonly path: string;
  readonly #before: string;

  constructor(base: string, names: readonly string[]) {
    this.path = join(base, 'outside');
    mkdirSync(join(this.path, 'd'), { recursive: true });
    for (const name of names) {
      for (const directory of ['', 'd']) {
        writeFileSync(join(this.path, directory, name), SECRET, { mode: 0o640 });
      }
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
