/**
 * Answers what a server asks that does not see the disk of this cluster: what lies in the work directory of a run, how far a file
 * has come, its bytes, and snapshots of all of it. Files are reached by the door alone (decisions/016), as the server does where it sees the disk.
 *
 * Answers are not journaled. One that could not be delivered, although it was tried again, is forgotten: whoever still waits
 * has it made anew when the request comes again.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { AgentAnswer, FileRequest, ListRequest, LookRequest, ReadRequest } from '@quarry/contract';
import { reasonOf } from '../files/door.ts';
import { listTree } from '../files/list-tree.ts';
import {
  type FileLook,
  isForWantOfHandles,
  lookAtHandle,
  openInside,
  openWorkDirectory,
  readInto,
} from '../files/work-directory.ts';
import {
  ANSWER_PAUSES_MS,
  ANSWERS_AT_ONCE,
  ASKED_READ_BYTES,
  ASKED_WAIT_MS,
  LOOK_AT_FILE_MS,
  REQUESTS_REMEMBERED,
} from '../limits.ts';
import { commandsAreOver } from '../runs/record-end.ts';
import { Turns } from '../turns.ts';
import { type OpenFile, OpenFiles } from './open-files.ts';
import { RunSnapshots } from './run-snapshots.ts';

export interface FileRequestsOptions {
  /** The directory of the cluster. */
  clusterDirectory: string;
  /** Where a run is; null for one that this agent does not know. */
  directoryOf: (runId: string) => string | null;
  /** Whether a run has ended here; its directory may be gone before the server knows. */
  hasEnded: (runId: string) => boolean;
  /** Delivers an answer; rejects when it did not arrive. */
  send: (requestId: string, answer: Buffer) => Promise<void>;
}

interface Found {
  head: AgentAnswer;
  bytes?: Uint8Array;
}

const LINE_END = Buffer.from('\n');

export class FileRequests implements AsyncDisposable {
  readonly #options: FileRequestsOptions;
  readonly #files = new OpenFiles();
  readonly #snapshots: RunSnapshots;
  /** So that large answers do not pile up, nor keep the exchange from its connection. */
  readonly #turns = new Turns(ANSWERS_AT_ONCE);
  /** Ids of what was answered, or is under way. */
  readonly #known = new Set<string>();

  constructor(options: FileRequestsOptions) {
    this.#options = options;
    this.#snapshots = new RunSnapshots(options);
  }

  /** Answers each request once, however often it comes. */
  answer(requests: readonly FileRequest[]): void {
    for (const request of requests) {
      if (!this.#known.has(request.id)) {
        this.#remember(request.id);
        void this.#answer(request);
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#snapshots[Symbol.asyncDispose]();
    await this.#files[Symbol.asyncDispose]();
  }

  async #answer(request: FileRequest): Promise<void> {
    try {
      await this.#wait(request);
      await this.#turns.take(async () => {
        const { head, bytes = Buffer.alloc(0) } = await this.#find(request).catch(refusal);
        const line = Buffer.from(JSON.stringify(head));
        await this.#send(request.id, Buffer.concat([line, LINE_END, bytes]));
      });
    } catch {
      this.#known.delete(request.id);
    }
  }

  async #send(requestId: string, answer: Buffer): Promise<void> {
    for (const pauseMs of ANSWER_PAUSES_MS) {
      try {
        return await this.#options.send(requestId, answer);
      } catch {
        await sleep(pauseMs, undefined, { ref: false });
      }
    }
    await this.#options.send(requestId, answer);
  }

  /** What is waited for holds no place. */
  async #wait(request: FileRequest): Promise<void> {
    if (request.kind === 'look' && request.after !== null) {
      await this.#waitForChange(request, request.after);
    } else if (request.kind === 'take_snapshot') {
      await this.#snapshots.take(request);
    }
  }

  async #find(request: FileRequest): Promise<Found> {
    switch (request.kind) {
      case 'phase': {
        const { directoryOf, hasEnded } = this.#options;
        const directory = directoryOf(request.runId);
        const areCommandsOver = hasEnded(request.runId) || (directory !== null && commandsAreOver(directory));
        return { head: { kind: 'phase', areCommandsOver } };
      }
      case 'list':
        return await this.#list(request);
      case 'look':
        return await this.#withFile(request, async ({ handle, path }) => ({
          head: { kind: 'look', path, look: await lookAtHandle(handle) },
        }));
      case 'read':
        return await this.#withFile(request, async ({ handle }) => {
          const into = Buffer.allocUnsafe(Math.min(request.bytes, ASKED_READ_BYTES));
          const bytes = into.subarray(0, await readInto(handle, into, request.position));
          return { head: { kind: 'read', isEnd: bytes.length < into.length }, bytes };
        });
      case 'take_snapshot':
        return { head: await this.#snapshots.take({ ...request, waitMs: 0 }) };
      case 'read_snapshot': {
        const into = Buffer.allocUnsafe(Math.min(request.bytes, ASKED_READ_BYTES));
        const filled = await this.#snapshots.read(request.snapshotId, into, request.position);
        return filled === null
          ? { head: { kind: 'refused', reason: 'missing', words: null } }
          : { head: { kind: 'read_snapshot', isEnd: filled < into.length }, bytes: into.subarray(0, filled) };
      }
      case 'drop_snapshot':
        await this.#snapshots.drop(request.snapshotId);
        return { head: { kind: 'drop_snapshot' } };
    }
  }

  async #list({ runId, bounds }: ListRequest): Promise<Found> {
    using work = await this.#openWork(runId);
    const { entries, isWhole } =
      work === null ? { entries: [], isWhole: true } : await listTree(work.cursor, bounds);
    const told = entries.map((entry) => ({ ...entry, modifiedAt: entry.modifiedAt.toISOString() }));
    return { head: { kind: 'list', isWhole, entries: told } };
  }

  /** Uses the file that is meant, from among those that are open or by its name. */
  async #withFile(
    { runId, path, identity }: LookRequest | ReadRequest,
    use: (file: OpenFile) => Promise<Found>,
  ): Promise<Found> {
    const keyOf = (which: string) => JSON.stringify([runId, path, which]);
    const known = identity === null ? undefined : await this.#files.use(keyOf(identity), use);
    if (known !== undefined) {
      return known;
    }
    using work = await this.#openWork(runId);
    const found = await openInside(work, path);
    if (typeof found === 'string') {
      // What had this name is there no more.
      const reason = identity === null ? found : 'replaced';
      return { head: { kind: 'refused', reason, words: null } };
    }
    const look = await lookOrClose(found);
    if (identity !== null && look.identity !== identity) {
      await found.handle.close();
      return { head: { kind: 'refused', reason: 'replaced', words: null } };
    }
    const key = keyOf(look.identity);
    await this.#files.keep(key, found);
    return (await this.#files.use(key, use)) ?? { head: { kind: 'refused', reason: 'missing', words: null } };
  }

  /** Until there is something else than what is known. A file that is not open, or cannot be looked at, is not waited for. */
  async #waitForChange(
    { runId, path, identity }: LookRequest,
    after: NonNullable<LookRequest['after']>,
  ): Promise<void> {
    const key = JSON.stringify([runId, path, identity]);
    const deadline = performance.now() + Math.min(after.waitMs, ASKED_WAIT_MS);
    const isSame = () =>
      this.#files
        .use(key, async ({ handle }) => {
          const { stamp, sizeBytes } = await lookAtHandle(handle);
          return stamp === after.stamp && sizeBytes === after.sizeBytes;
        })
        .catch(() => false);
    while (performance.now() < deadline && (await isSame())) {
      await sleep(LOOK_AT_FILE_MS, undefined, { ref: false });
    }
  }

  async #openWork(runId: string) {
    const { directoryOf, clusterDirectory } = this.#options;
    const directory = directoryOf(runId);
    return directory === null ? null : await openWorkDirectory(directory, clusterDirectory);
  }

  #remember(id: string): void {
    this.#known.add(id);
    if (this.#known.size > REQUESTS_REMEMBERED) {
      this.#known.delete(this.#known.values().next().value!);
    }
  }
}

async function lookOrClose({ handle }: OpenFile): Promise<FileLook> {
  try {
    return await lookAtHandle(handle);
  } catch (error) {
    await handle.close();
    throw error;
  }
}

function refusal(error: unknown): Found {
  const reason = isForWantOfHandles(error) ? 'too_many_open_files' : 'failed';
  return { head: { kind: 'refused', reason, words: reasonOf(error).slice(0, 1000) } };
}
