import { statfsSync } from 'node:fs';

/** There is no space for a copy. */
export class NoRoomError extends Error {
  constructor(options?: ErrorOptions) {
    super('there is no space for a copy; it is kept in the directory of the run', options);
  }
}

/** Room on the disk for copies, which leave some to others. */
export class CopyRoom {
  readonly #spareBytes: number;
  /** Of the copies under way. */
  #takenBytes = 0;

  constructor(spareBytes: number) {
    this.#spareBytes = spareBytes;
  }

  /** Takes room in a directory, until it is disposed of; throws a NoRoomError. */
  take(directory: string, bytes: number): Disposable {
    const { bavail, bsize } = statfsSync(directory);
    if (bavail * bsize - this.#takenBytes - bytes < this.#spareBytes) {
      throw new NoRoomError();
    }
    this.#takenBytes += bytes;
    return {
      [Symbol.dispose]: () => {
        this.#takenBytes -= bytes;
      },
    };
  }
}
