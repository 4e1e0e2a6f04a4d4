/**
 * The named pipes of one session. Its first end is opened here, so that opening the other one waits for nobody; when both
 * are open the names go, and what was held for that is let go: from then on each end sees when the other is gone.
 */
import { chownSync, closeSync, constants, openSync, renameSync, rmSync } from 'node:fs';
import { Socket } from 'node:net';
import { dirname, join } from 'node:path';
import type { SessionPipePaths } from '../../slots/launcher.ts';
import type { Place } from '../messages.ts';
import { SparePipes } from './spare-pipes.ts';

const { O_RDONLY, O_WRONLY, O_RDWR, O_NONBLOCK } = constants;
/** Those of the one cluster that this process serves. */
const spare = new Map<string, SparePipes>();

function sparePipesIn(above: string): SparePipes {
  const known = spare.get(above) ?? new SparePipes(above);
  spare.set(above, known);
  return known;
}

export class SessionPipes {
  readonly paths: SessionPipePaths;
  readonly output: Socket;
  readonly errors: Socket;
  #held: number[];

  /** Makes them and opens our ends; `id` names them. */
  static async make(id: string, { pipes, owner }: Pick<Place, 'pipes' | 'owner'>): Promise<SessionPipes> {
    const pathOf = (what: string) => join(pipes, `ssh-${process.pid}-${id}-${what}`);
    const paths = {
      ...{ control: pathOf('control'), input: pathOf('input') },
      ...{ output: pathOf('output'), errors: pathOf('errors') },
    };
    const all = Object.values(paths);
    const made = await sparePipesIn(dirname(pipes)).take(all.length);
    try {
      for (const [index, path] of all.entries()) {
        if (owner.uid !== process.getuid!()) {
          chownSync(made[index]!, owner.uid, owner.gid);
        }
        renameSync(made[index]!, path);
      }
      return new SessionPipes(paths);
    } catch (error) {
      removeAll(paths);
      throw error;
    }
  }

  private constructor(paths: SessionPipePaths) {
    this.paths = paths;
    this.output = readerOf(paths.output);
    this.errors = readerOf(paths.errors);
    const { control, input, output, errors } = paths;
    this.#held = [
      ...[control, input].map((path) => openSync(path, O_RDWR | O_NONBLOCK)),
      ...[output, errors].map((path) => openSync(path, O_WRONLY | O_NONBLOCK)),
    ];
  }

  /** The other ends are open: answers ours to write to. Throws when the session has ended meanwhile. */
  joined(): { control: Socket; input: Socket } {
    try {
      const control = writerOf(this.paths.control);
      try {
        return { control, input: writerOf(this.paths.input) };
      } catch (error) {
        control.destroy();
        throw error;
      }
    } finally {
      this.#letGo();
    }
  }

  close(): void {
    this.#letGo();
    this.output.destroy();
    this.errors.destroy();
  }

  #letGo(): void {
    for (const fd of this.#held.splice(0)) {
      closeSync(fd);
    }
    removeAll(this.paths);
  }
}

function removeAll(paths: SessionPipePaths): void {
  for (const path of Object.values(paths)) {
    rmSync(path, { force: true });
  }
}

function readerOf(path: string): Socket {
  const socket = new Socket({ fd: openSync(path, O_RDONLY | O_NONBLOCK), readable: true, writable: false });
  return socket.on('error', () => undefined);
}

function writerOf(path: string): Socket {
  const socket = new Socket({ fd: openSync(path, O_WRONLY | O_NONBLOCK), readable: false, writable: true });
  return socket.on('error', () => undefined);
}
