/**
 * Pipes for the output of commands. Node gives its children sockets, through which a command cannot open
 * /dev/stdout or /dev/stderr, and two of them, which loses the order of lines. A named pipe has neither fault, can be
 * opened inside a sandbox, and is used again when the command before has let go of it.
 */
import { execFile } from 'node:child_process';
import {
  chownSync,
  closeSync,
  constants,
  mkdirSync,
  openSync,
  readSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findProgram } from '../process/programs.ts';
import type { Identity } from '../sandbox/identity.ts';

/** Behind the name of the pipe that a held run reads from: the file that says so (launcher.pl). */
const HELD = '.on';
const { O_RDONLY, O_WRONLY, O_RDWR, O_NONBLOCK } = constants;
const run = promisify(execFile);

export interface OutputPipe {
  readonly path: string;
  readonly reader: Socket;
  /** Held so that the reader does not see an end before the command has opened its own. */
  readonly writeFd: number;
}

/** The pipes of one slot: one or two for output, and one by which a run that is held is let go. */
export class SlotPipes {
  readonly directory: string;
  /** A run that is being stopped reads from it before it ends. */
  readonly hold: string;
  readonly #owner: Pick<Identity, 'uid' | 'gid'>;
  readonly #ready: Promise<void>;
  #made = 0;
  #free: string[] = [];
  #holdFd: number | null = null;

  /** Makes them in a directory of its own, beginning at once. */
  constructor(directory: string, owner: Pick<Identity, 'uid' | 'gid'>) {
    this.directory = directory;
    this.hold = join(directory, 'hold');
    this.#owner = owner;
    rmSync(directory, { recursive: true, force: true });
    mkdirSync(directory, { recursive: true, mode: 0o755 });
    this.#ready = this.#make([this.hold, this.#nextPath()]).then(([, first]) => {
      this.#free.push(first!);
    });
    this.#ready.catch(() => undefined);
  }

  /** Opens a pipe for one command; rejects when none can be made. */
  async open(): Promise<OutputPipe> {
    await this.#ready;
    const path = this.#free.pop() ?? (await this.#make([this.#nextPath()]))[0]!;
    const readFd = openSync(path, O_RDONLY | O_NONBLOCK);
    return {
      path,
      reader: new Socket({ fd: readFd, readable: true, writable: false }),
      writeFd: openSync(path, O_WRONLY),
    };
  }

  /** Takes a pipe back. One that somebody may still write into is thrown away instead. */
  giveBack({ path, reader }: OutputPipe, clean: boolean): void {
    if (clean) {
      this.#free.push(path);
    } else {
      reader.destroy();
      rmSync(path, { force: true });
    }
  }

  /** Makes the run stay after its command until `release`. */
  holdBack(): void {
    writeFileSync(`${this.hold}${HELD}`, '');
  }

  /** Lets go a run that is held; it may come to reading only later. */
  release(): void {
    this.#holdFd ??= openSync(this.hold, O_RDWR | O_NONBLOCK);
    writeSync(this.#holdFd, '\n');
  }

  /** Nothing of one run's release is left for the next. */
  forgetRelease(): void {
    rmSync(`${this.hold}${HELD}`, { force: true });
    if (this.#holdFd === null) {
      return;
    }
    try {
      readSync(this.#holdFd, Buffer.alloc(1));
    } catch {
      // EAGAIN: it was read.
    }
    closeSync(this.#holdFd);
    this.#holdFd = null;
  }

  close(): void {
    this.forgetRelease();
    rmSync(this.directory, { recursive: true, force: true });
  }

  #nextPath(): string {
    this.#made += 1;
    return join(this.directory, String(this.#made));
  }

  async #make(paths: string[]): Promise<string[]> {
    await run(findProgram('mkfifo') ?? '/usr/bin/mkfifo', ['-m', '600', ...paths], { cwd: '/', env: {} });
    if (this.#owner.uid !== process.getuid!()) {
      for (const path of paths) {
        chownSync(path, this.#owner.uid, this.#owner.gid);
      }
    }
    return paths;
  }
}

/** Closes the agent's copy of the end that the command writes to, so that the reader sees when it is done. */
export function closeWriteEnd(pipe: OutputPipe): void {
  closeSync(pipe.writeFd);
}
