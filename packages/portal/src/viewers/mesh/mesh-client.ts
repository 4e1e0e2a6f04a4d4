import { mesh as words } from '../../words/en/mesh.ts';
import type { ByteSource } from '../byte-source.ts';
import type { Siblings } from '../siblings.ts';
import { loadBytes } from './load-bytes.ts';
import { MeshError } from './mesh-error.ts';
import type { Answers, FromWorker, MeshInfo, Question, ToWorker } from './messages.ts';

interface MeshClientOptions {
  siblings: Siblings | undefined;
  onProgress: (loaded: number, size: number) => void;
}

/** One file in a worker of its own, whose memory is free as soon as it is closed. */
export class MeshClient {
  readonly #worker = new Worker(new URL('./mesh-worker.ts', import.meta.url), { type: 'module' });
  readonly #waiting = new Map<number, { resolve: (answer: never) => void; reject: (error: Error) => void }>();
  readonly #leave = new AbortController();
  readonly #options: MeshClientOptions;
  #asked = 0;

  constructor(options: MeshClientOptions) {
    this.#options = options;
    this.#worker.addEventListener('message', ({ data }: MessageEvent<FromWorker>) => this.#hear(data));
    this.#worker.addEventListener('error', ({ message }) =>
      this.#failAll(new MeshError(words.problems.unreadable(message ?? ''))),
    );
  }

  /** Loads and reads a file. Rejects with the refusal of the server, or with a sentence that says what is wrong with the file. */
  async read(path: string, source: ByteSource): Promise<MeshInfo> {
    const bytes = await loadBytes(source, {
      name: path,
      signal: this.#leave.signal,
      onProgress: this.#options.onProgress,
    });
    return await this.ask({ kind: 'read', path, bytes }, [bytes.buffer]);
  }

  ask<Asked extends Question>(
    question: Asked,
    transfer: Transferable[] = [],
  ): Promise<Answers[Asked['kind']]> {
    const id = this.#asked++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#send({ kind: 'question', id, question }, transfer);
    });
  }

  /** Gives up what is under way. */
  close(): void {
    this.#leave.abort();
    this.#worker.terminate();
    this.#failAll(new DOMException('The view was left.', 'AbortError'));
  }

  #send(message: ToWorker, transfer: Transferable[] = []): void {
    this.#worker.postMessage(message, transfer);
  }

  #hear(message: FromWorker): void {
    switch (message.kind) {
      case 'answer':
        this.#take(message.id)?.resolve(message.answer as never);
        return;
      case 'refusal':
        this.#take(message.id)?.reject(new MeshError(message.message));
        return;
      case 'open':
        void this.#open(message.id, message.path);
    }
  }

  async #open(id: number, path: string): Promise<void> {
    const { siblings } = this.#options;
    const found = siblings?.open(path) ?? null;
    const answer = (bytes: Uint8Array<ArrayBuffer> | null, problem = '') =>
      this.#send({ kind: 'file', id, bytes, problem }, bytes ? [bytes.buffer] : []);
    if (found === null) {
      answer(null, siblings ? words.problems.sibling(path) : words.problems.noSiblings);
      return;
    }
    try {
      const { signal } = this.#leave;
      const { onProgress } = this.#options;
      answer(await loadBytes(found.source, { name: path, signal, onProgress }));
    } catch (error) {
      answer(null, error instanceof Error ? error.message : String(error));
    }
  }

  #take(id: number) {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    return waiting;
  }

  #failAll(error: Error): void {
    for (const { reject } of this.#waiting.values()) {
      reject(error);
    }
    this.#waiting.clear();
  }
}
