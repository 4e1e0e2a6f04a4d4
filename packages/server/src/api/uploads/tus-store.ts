import { DataStore, Metadata, Upload } from '@tus/server';
import { person } from '../../access/caller.ts';
import { findParts } from '../../db/queries/uploads-find.ts';
import { recordProgress } from '../../db/queries/uploads-write.ts';
import type { UploadPartRow, UploadRow } from '../../db/tables.ts';
import { refused } from '../../problems.ts';
import { addUpload } from './add-upload.ts';
import type { UploadsContext } from './context.ts';
import { nextExpiry } from './context.ts';
import { findOwn } from './find-own.ts';
import { joinPartials } from './join-partials.ts';
import { makeFile } from './make-file.ts';
import { becomingFile, remove } from './remove.ts';
import type { Exchange } from './tus-engine.ts';

/** Uploads and parts as the library sees them: each part is an upload of its own, and knows nothing of files. */
export class TusStore extends DataStore {
  readonly #context: UploadsContext;
  readonly #current: () => Exchange;

  constructor(context: UploadsContext, current: () => Exchange) {
    super();
    this.#context = context;
    this.#current = current;
  }

  /** The library asks for concatenation by a name of its own, and knows no more of it than that. */
  override hasExtension(extension: string): boolean {
    return extension === 'concatentation';
  }

  override async create(created: Upload): Promise<Upload> {
    const exchange = this.#current();
    const { headers } = exchange.call;
    const upload = await addUpload(this.#context, {
      id: created.id,
      owner: person(exchange.call.caller),
      sizeBytes: created.size!,
      metadata: created.metadata ?? {},
      sentMetadata: String(headers['upload-metadata'] ?? ''),
      isPartial: headers['upload-concat'] === 'partial',
      carriesBytes: Number(headers['content-length'] ?? 0) > 0 || headers['transfer-encoding'] !== undefined,
    });
    exchange.upload = upload;
    if (exchange.partials !== null) {
      await joinPartials(this.#context, upload, exchange.partials, exchange.signal);
    } else if (upload.kind === 'whole' && upload.size_bytes === 0) {
      await makeFile(this.#context, upload);
    }
    return created;
  }

  override async getUpload(id: string): Promise<Upload> {
    const exchange = this.#current();
    const { upload, part } = await findOwn(this.#context, exchange.call.caller, id);
    const isComplete = part !== null && part.received_bytes === part.size_bytes;
    // Of a server that died after the last byte was safe: whoever asks how far it has come gets the file made.
    if (isComplete && upload.kind === 'whole' && upload.file_id === null) {
      await makeFile(this.#context, upload);
    }
    return new Upload({
      id,
      size: part?.size_bytes ?? upload.size_bytes,
      offset: await offsetOf(this.#context, upload, part),
      metadata:
        part?.id === upload.id && upload.metadata !== '' ? Metadata.parse(upload.metadata) : undefined,
    });
  }

  override async write(_stream: unknown, id: string, offset: number): Promise<number> {
    const exchange = this.#current();
    const { upload, part } = await findOwn(this.#context, exchange.call.caller, id);
    if (part === null) {
      if (exchange.call.method === 'POST') {
        return offset;
      }
      throw divided();
    }
    if (upload.file_id !== null || offset === part.size_bytes) {
      return offset;
    }
    if (this.#context.finishing.has(upload.id)) {
      throw becomingFile();
    }
    const received = await this.#receive(upload, part, offset, exchange);
    if (received === part.size_bytes && upload.kind === 'whole') {
      await makeFile(this.#context, upload);
    }
    return received;
  }

  override async remove(id: string): Promise<void> {
    await remove(this.#context, this.#current().call.caller, id);
  }

  /** Takes in what comes, and records what is safe as it goes; answers how far the part has come. */
  async #receive(
    upload: UploadRow,
    part: UploadPartRow,
    offset: number,
    { bytes, signal }: Exchange,
  ): Promise<number> {
    const { database, storage, logger } = this.#context;
    const record = (received: number) =>
      database.write(
        (queries) =>
          recordProgress(queries, { ...part, received_bytes: received }, nextExpiry(this.#context)),
        { mayUseReserve: true },
      );
    let recording: Promise<void> = Promise.resolve();
    const parts = (await findParts(database.read, [upload.id])).get(upload.id)!;
    const { durableBytes, brokenBy } = await storage.writeStaged(upload.id, part.start + offset, bytes, {
      signal,
      ownsChunks: true,
      maxBytes: part.size_bytes - offset,
      present: parts.map(({ id, start, received_bytes }) => [
        start,
        start + (id === part.id ? offset : received_bytes),
      ]),
      onDurable: (durable) => {
        recording = recording
          .then(() => record(offset + durable))
          .catch((error) => logger.warn({ err: error }, 'the progress of an upload was not recorded'));
      },
    });
    await recording;
    await record(offset + durableBytes);
    if (brokenBy !== null) {
      throw brokenBy;
    }
    return offset + durableBytes;
  }
}

/** How far a part has come, or a divided upload without a gap. */
async function offsetOf(
  { database }: UploadsContext,
  upload: UploadRow,
  part: UploadPartRow | null,
): Promise<number> {
  if (upload.file_id !== null) {
    return part?.size_bytes ?? upload.size_bytes;
  }
  if (part !== null) {
    return part.received_bytes;
  }
  const parts = (await findParts(database.read, [upload.id])).get(upload.id)!;
  const gap = parts.find(({ size_bytes, received_bytes }) => received_bytes < size_bytes);
  return gap === undefined ? upload.size_bytes : gap.start + gap.received_bytes;
}

function divided() {
  return refused('This upload is divided: its bytes belong into its parts.', {
    code: 'upload_divided',
    hint: 'GET the upload for the ids of its parts, and send each of them to files/uploads/<id of the part>/.',
  });
}
