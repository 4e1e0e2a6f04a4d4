/**
 * Pipes for the output of commands. Node gives its children sockets, through which a command cannot open
 * /dev/stdout or /dev/stderr, and two of them, which loses the order of lines. A named pipe per slot has
 * neither fault, and is used again when the command before has let go of it.
 */
import { execFile } from 'node:child_process';
import { closeSync, constants, mkdirSync, openSync, rmSync } from 'node:fs';
import { Socket } from 'node:net';
import { join } from 'node:path';

const { O_RDONLY, O_WRONLY, O_RDWR, O_NONBLOCK } = constants;

export interface OutputPipe {
  readonly path: string;
  /** A second named pipe, for what the meter says: see openMeter. */
  readonly meterPath: string;
  /** A file for the number of the command's process, kept like the pipe: see writePidFile. */
  readonly pidFile: string;
  /** Given to the command as both its outputs; the agent closes its own copy after the start. */
  readonly writeFd: number;
  readonly reader: Socket;
}

export class OutputPipes {
  readonly #directory: string;
  #made = 0;
  #free: Promise<string>[] = [];

  /** Makes the pipes for `slots` commands in a directory of its own, beginning at once. */
  constructor(directory: string, slots: number) {
    this.#directory = directory;
    rmSync(directory, { recursive: true, force: true });
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    this.#make(slots);
  }

  /** Opens a pipe for one command; rejects when none can be made. */
  async open(): Promise<OutputPipe> {
    if (this.#free.length === 0) {
      this.#make(1);
    }
    const path = await this.#free.pop()!;
    const readFd = openSync(path, O_RDONLY | O_NONBLOCK);
    const writeFd = openSync(path, O_WRONLY);
    return {
      path,
      meterPath: meterOf(path),
      pidFile: `${path}.pid`,
      writeFd,
      reader: new Socket({ fd: readFd, readable: true, writable: false }),
    };
  }

  /** Takes a pipe back. One that somebody may still write into is thrown away instead. */
  giveBack(pipe: OutputPipe, clean: boolean): void {
    if (clean) {
      this.#free.push(Promise.resolve(pipe.path));
    } else {
      pipe.reader.destroy();
      rmSync(pipe.path, { force: true });
      rmSync(pipe.meterPath, { force: true });
    }
  }

  close(): void {
    rmSync(this.#directory, { recursive: true, force: true });
  }

  #make(count: number): void {
    const paths = Array.from({ length: count }, () => join(this.#directory, String(++this.#made)));
    const made = new Promise<void>((resolve, reject) => {
      execFile('mkfifo', ['-m', '600', ...paths, ...paths.map(meterOf)], (error) =>
        error === null ? resolve() : reject(error),
      );
    });
    made.catch(() => undefined);
    this.#free.push(...paths.map((path) => made.then(() => path)));
    for (const pipe of this.#free) {
      pipe.catch(() => undefined);
    }
  }
}

function meterOf(path: string): string {
  return `${path}.meter`;
}

/** Opens both ends of the pipe of the meter as one descriptor, which neither writing nor reading can block. */
export function openMeter(pipe: OutputPipe): number {
  return openSync(pipe.meterPath, O_RDWR | O_NONBLOCK);
}

/** Closes the agent's copy of the end that the command writes to, so that the reader sees when it is done. */
export function closeWriteEnd(pipe: OutputPipe): void {
  closeSync(pipe.writeFd);
}
