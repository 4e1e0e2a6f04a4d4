/** A local file that is sent, held open so that what its path leads to may change without harm. */
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { resolve } from 'node:path';
import { LocalFileError } from '../../errors.ts';
import { readingError } from '../local-file-error.ts';

export interface SourceFacts {
  sizeBytes: number;
  /** Its owner may execute it. */
  executable: boolean;
  /** When its content changed last; ISO 8601. */
  dateModified: string;
}

type Identity = readonly [device: bigint, inode: bigint, size: bigint, modified: bigint];

export class Source implements AsyncDisposable {
  /** As the caller wrote it, for messages and events. */
  readonly path: string;
  readonly facts: SourceFacts;
  readonly #handle: FileHandle;
  readonly #identity: Identity;

  private constructor(path: string, handle: FileHandle, facts: SourceFacts, identity: Identity) {
    this.path = path;
    this.#handle = handle;
    this.facts = facts;
    this.#identity = identity;
  }

  /** Rejects with a `LocalFileError` for what is not there, may not be read, or is not a regular file. */
  static async open(path: string): Promise<Source> {
    // A named pipe would keep the opening waiting for its other end.
    const handle = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)).catch(
      (error: unknown) => {
        throw readingError(error, path);
      },
    );
    try {
      const found = await handle.stat({ bigint: true });
      if (!found.isFile()) {
        throw notRegular(path, found.isDirectory());
      }
      return new Source(
        path,
        handle,
        {
          sizeBytes: Number(found.size),
          executable: (found.mode & OWNER_MAY_EXECUTE) !== 0n,
          dateModified: found.mtime.toISOString(),
        },
        [found.dev, found.ino, found.size, found.mtimeNs],
      );
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  get sizeBytes(): number {
    return this.facts.sizeBytes;
  }

  /** The descriptor, for a thread that reads by itself; open as long as the source is. */
  get fd(): number {
    return this.#handle.fd;
  }

  /** What tells this content of this file from any other: place and state, not the bytes. */
  get identity(): string {
    return [resolve(this.path), ...this.#identity].join('\n');
  }

  /** Fills `into` from `position` on, as far as the file goes beyond what is asked for: less is a `LocalFileError`. */
  async read(into: Uint8Array, position: number): Promise<void> {
    for (let filled = 0; filled < into.byteLength; ) {
      const { bytesRead } = await this.#read(into, filled, into.byteLength - filled, position + filled);
      if (bytesRead === 0) {
        throw this.shorter(position + filled);
      }
      filled += bytesRead;
    }
  }

  /** All bytes of a small file; rejects when they are more or fewer than they were when it was opened. */
  async readWhole(): Promise<Uint8Array<ArrayBuffer>> {
    // With room for a byte more, one read tells whether there is one.
    const bytes = new Uint8Array(this.sizeBytes + 1);
    let filled = 0;
    for (let count = -1; count !== 0 && filled < bytes.byteLength; filled += count) {
      count = (await this.#read(bytes, filled, bytes.byteLength - filled, filled)).bytesRead;
      if (filled + count === this.sizeBytes) {
        return bytes.subarray(0, this.sizeBytes);
      }
    }
    throw filled < this.sizeBytes ? this.shorter(filled) : this.#changed();
  }

  /** Rejects when the file was written to since it was opened: what was sent may be a mixture. */
  async refuseChanged(): Promise<void> {
    const found = await this.#handle.stat({ bigint: true });
    const [, , size, modified] = this.#identity;
    if (found.size < size) {
      throw this.shorter(Number(found.size));
    }
    if (found.size === size && found.mtimeNs === modified) {
      return;
    }
    throw this.#changed();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#handle.close();
  }

  #read(into: Uint8Array, offset: number, length: number, position: number) {
    return this.#handle.read(into, offset, length, position).catch((error: unknown) => {
      throw readingError(error, this.path);
    });
  }

  #changed(): LocalFileError {
    return new LocalFileError('failed', `${this.path} was written to while it was uploaded.`, {
      hint: 'Upload it again once nothing writes to it.',
    });
  }

  /** The refusal of a file that ends at `position` where more was there when it was opened. */
  shorter(position: number): LocalFileError {
    return new LocalFileError(
      'failed',
      `${this.path} became shorter while it was uploaded: ${position} of ${this.sizeBytes} bytes are left.`,
      { hint: 'Upload it again once nothing writes to it.' },
    );
  }
}

const OWNER_MAY_EXECUTE = 0o100n;

function notRegular(path: string, isDirectory: boolean): LocalFileError {
  return isDirectory
    ? new LocalFileError('is_directory', `${path} is not a regular file but a directory.`, {
        hint: 'Upload the files in it with `uploadPaths`, or pack it first.',
      })
    : new LocalFileError('not_a_file', `${path} is not a regular file.`, {
        hint: 'Copy it to a file first.',
      });
}
