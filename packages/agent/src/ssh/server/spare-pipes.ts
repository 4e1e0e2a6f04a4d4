/**
 * Named pipes for sessions and connections, made many at a time: a program is started for that, which takes longer than all else
 * that a connection needs. They wait where no job sees them.
 */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { SSH_PIPES_AT_ONCE } from '../../limits.ts';
import { findProgram } from '../../process/programs.ts';

const run = promisify(execFile);
const NAME = /^spare-(\d+)$/;

export class SparePipes {
  readonly #above: string;
  readonly #directory: string;
  readonly #spare: string[] = [];
  #making: Promise<void> | null = null;
  #made = 0;

  /** In a directory of this process, in that which holds those of slots. */
  constructor(above: string) {
    this.#above = above;
    this.#directory = join(above, `spare-${process.pid}`);
  }

  /** Paths of so many pipes, to be moved to where they are used; rejects when none can be made. */
  async take(count: number): Promise<string[]> {
    while (this.#spare.length < count) {
      this.#making ??= this.#make().finally(() => {
        this.#making = null;
      });
      await this.#making;
    }
    return this.#spare.splice(0, count);
  }

  async #make(): Promise<void> {
    if (this.#made === 0) {
      removeLeft(this.#above);
      mkdirSync(this.#directory, { mode: 0o700 });
    }
    const paths = Array.from({ length: SSH_PIPES_AT_ONCE }, (_, index) =>
      join(this.#directory, String(this.#made + index)),
    );
    this.#made += paths.length;
    await run(findProgram('mkfifo') ?? '/usr/bin/mkfifo', ['-m', '600', ...paths], { cwd: '/', env: {} });
    this.#spare.push(...paths);
  }
}

/** What processes have left that are gone. */
function removeLeft(above: string): void {
  for (const name of readdirSync(above)) {
    const pid = NAME.exec(name)?.[1];
    if (pid !== undefined && (Number(pid) === process.pid || !existsSync(`/proc/${pid}`))) {
      rmSync(join(above, name), { recursive: true, force: true });
    }
  }
}
