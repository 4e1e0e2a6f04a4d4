/** The streams of one call, shared by all its files: each takes the next piece of work, whatever file it is of. */
import { StreamCount } from '../adaptive-streams.ts';
import type { FileTransfer, Work } from './file-transfer.ts';
import { type Network, StreamConnection } from './stream-connection.ts';

/** Between looks at the speed and at streams that are silent. */
const TICK_MS = 100;
/** Files that are open at once beyond one per stream: while they are synced, the next ones are fetched. */
const ENDING_FILES = 8;

export interface StreamPoolOptions {
  files: readonly FileTransfer[];
  network: Network;
  streams: number | undefined;
  maxStreams: number | undefined;
}

export class StreamPool implements Disposable {
  readonly #files: readonly FileTransfer[];
  readonly #network: Network;
  readonly #count: StreamCount;
  readonly #timer: NodeJS.Timeout;
  /** The first file that nobody has begun with. */
  #next = 0;
  /** Files that have begun and not ended. */
  readonly #open = new Set<FileTransfer>();
  #running = 0;
  #leaving = 0;
  #movedBytes = 0;

  constructor({ files, network, streams, maxStreams }: StreamPoolOptions) {
    this.#files = files;
    this.#network = network;
    this.#count = new StreamCount({ exactly: streams, max: maxStreams });
    this.#timer = setInterval(() => {
      this.#count.tick(this.#movedBytes);
      this.kick();
    }, TICK_MS);
  }

  /** How many streams are wanted. */
  get wanted(): number {
    return this.#count.wanted;
  }

  moved(bytes: number): void {
    this.#movedBytes += bytes;
  }

  /** Starts streams as long as there is work and they are wanted. */
  kick(): void {
    while (this.#running < this.#count.wanted) {
      const work = this.#takeWork();
      if (work === null) {
        return;
      }
      this.#running += 1;
      void this.#stream(work);
    }
  }

  /** A server asks for less. */
  refused(): void {
    this.#count.refused();
  }

  /** True when a stream shall leave; whoever is told so does. */
  mayLeave(): boolean {
    if (this.#running - this.#leaving <= this.#count.wanted) {
      return false;
    }
    this.#leaving += 1;
    return true;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  async #stream(first: Work): Promise<void> {
    using connection = new StreamConnection(this.#network);
    for (let work: Work | null = first; work !== null; ) {
      await work(connection);
      if (this.#running > this.#count.wanted) {
        break;
      }
      work = this.#takeWork();
    }
    this.#running -= 1;
    if (this.#leaving > 0) {
      this.#leaving -= 1;
    }
  }

  /** Files in their order; a file that cannot use another stream leaves it to the next one. */
  #takeWork(): Work | null {
    for (const file of this.#open) {
      if (file.hasEnded) {
        this.#open.delete(file);
      }
      const work = file.take();
      if (work !== null) {
        return work;
      }
    }
    // A loop: of a hundred thousand files all that wait may have been given up.
    while (this.#next < this.#files.length && this.#open.size < this.#count.wanted + ENDING_FILES) {
      const file = this.#files[this.#next]!;
      this.#next += 1;
      const work = file.take();
      if (!file.hasEnded) {
        this.#open.add(file);
      }
      if (work !== null) {
        return work;
      }
    }
    for (const each of this.#open) {
      const work = each.split();
      if (work !== null) {
        return work;
      }
    }
    return null;
  }
}
