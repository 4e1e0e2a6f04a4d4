/**
 * Outputs on their way from agents that share no disk with the server. What has arrived stands in the store, with a row
 * that keeps it there until the event has come that lists it, or its cluster has ended. Bytes of a large file are staged
 * under the id of that row.
 *
 * An agent is told only of what it has brought itself and of files of its own job: a digest opens nobody else's file.
 */
import { randomBytes } from 'node:crypto';
import type { Deliverable, Delivery } from '@quarry/contract';
import type { Clock } from '../clock.ts';
import type { Database } from '../db/database.ts';
import {
  findDeliveries,
  findEndedDeliverers,
  forgetDelivery,
  pickOwnDigests,
  takeDeliveries,
  writeDeliveries,
} from '../db/queries/deliveries.ts';
import { pickUnwanted } from '../db/queries/files-blobs.ts';
import type { DeliveryRow } from '../db/tables.ts';
import { collectDeleted } from '../files/lifetime.ts';
import type { Logger } from '../logger.ts';
import { conflict } from '../problems.ts';
import { BlobMismatchError, type HeldBlob, StagedMissingError, type Storage } from '../storage/storage.ts';

export interface DeliveriesOptions {
  database: Database;
  storage: Storage;
  clock: Clock;
  logger: Logger;
}

/** Whose outputs they are. */
export interface Deliverer {
  clusterId: string;
  jobId: string;
}

/** A small file as it came. */
export interface SmallDelivery extends Deliverable {
  bytes: Uint8Array;
  /** What its bytes really have. */
  actualSha512: string;
}

export class Deliveries {
  readonly #options: DeliveriesOptions;
  /** Large files that a request is bringing right now, by their cluster and digest: two runs may have the same one. */
  readonly #underWay = new Set<string>();

  constructor(options: DeliveriesOptions) {
    this.#options = options;
  }

  /** How much of each the server has. */
  async ask(by: Deliverer, files: readonly Deliverable[]): Promise<Delivery[]> {
    const { database } = this.#options;
    const digests = files.map(({ sha512 }) => sha512);
    const known = await findDeliveries(database.read, by.clusterId, digests);
    const own = await pickOwnDigests(
      database.read,
      by.jobId,
      digests.filter((sha512) => known.get(sha512)?.is_stored !== 1),
    );
    const adopted = await this.#adopt(
      by,
      files.filter(({ sha512 }) => own.has(sha512)),
    );
    return files.map((file) => adopted.get(file.sha512) ?? answerOf(file, known.get(file.sha512)));
  }

  /** Takes in small files, all at once; those that are not what they are said to be are left out. */
  async takeMany(by: Deliverer, files: readonly SmallDelivery[]): Promise<Delivery[]> {
    const { storage } = this.#options;
    const whole = files.filter(({ sha512, actualSha512 }) => sha512 === actualSha512);
    if (whole.length > 0) {
      const held = await storage.receiveMany(whole.map(({ bytes }) => [bytes]));
      await this.#store(by, whole, held);
    }
    return files.map(({ sha512, sizeBytes, actualSha512 }) => {
      const isStored = sha512 === actualSha512;
      return { sha512, receivedBytes: isStored ? sizeBytes : 0, isStored };
    });
  }

  /** Takes in bytes of a large file from an offset on, and makes a blob of it when the last has come. */
  async take(
    by: Deliverer,
    file: Deliverable & { offset: number },
    source: AsyncIterable<Uint8Array>,
    signal: AbortSignal,
  ): Promise<Delivery> {
    const key = `${by.clusterId} ${file.sha512}`;
    if (this.#underWay.has(key)) {
      throw conflict('Another request is bringing this file.', {
        code: 'delivery_under_way',
        hint: 'Ask how much of it has come, and go on when that request has ended.',
      });
    }
    this.#underWay.add(key);
    try {
      return await this.#takeAlone(by, file, source, signal);
    } finally {
      this.#underWay.delete(key);
    }
  }

  async #takeAlone(
    by: Deliverer,
    file: Deliverable & { offset: number },
    source: AsyncIterable<Uint8Array>,
    signal: AbortSignal,
  ): Promise<Delivery> {
    const { database } = this.#options;
    const { sha512, sizeBytes, offset } = file;
    const before = (await findDeliveries(database.read, by.clusterId, [sha512])).get(sha512);
    if (before?.is_stored === 1 && before.size_bytes === sizeBytes) {
      return answerOf(file, before);
    }
    const isBegun = before?.size_bytes === sizeBytes;
    const received = isBegun ? before.received_bytes : 0;
    if (offset !== received) {
      throw conflict(`The server has ${received} bytes of this file, and these begin at ${offset}.`, {
        code: 'delivery_offset',
        hint: 'Ask how much of it has come, and go on from there.',
      });
    }
    const row = isBegun ? before : await this.#begin(by, file, before);
    try {
      const now = await this.#receive(row, offset, source, signal);
      return now.received_bytes === sizeBytes ? await this.#finish(by, now, signal) : answerOf(file, now);
    } catch (error) {
      if (!(error instanceof StagedMissingError)) {
        throw error;
      }
      // A crash came between its row and its place.
      await this.#giveUp(row);
      return { sha512, receivedBytes: 0, isStored: false };
    }
  }

  /** Holds something that a cluster has brought; null when it has not brought it. */
  async hold(clusterId: string, files: readonly Deliverable[]): Promise<Array<HeldBlob | null>> {
    const { database, storage } = this.#options;
    const digests = [...new Set(files.map(({ sha512 }) => sha512))];
    const known = await findDeliveries(database.read, clusterId, digests);
    return await Promise.all(
      files.map(async ({ sha512, sizeBytes }) => {
        const row = known.get(sha512);
        const isStored = row?.is_stored === 1 && row.size_bytes === sizeBytes;
        return isStored ? await storage.hold({ sha512, sizeBytes }) : null;
      }),
    );
  }

  /** Lets go of everything that a cluster has brought which has ended: what is no file by now is removed. */
  async forget(clusterId: string): Promise<void> {
    const { database, storage, clock, logger } = this.#options;
    const rows = await database.write((queries) => takeDeliveries(queries, clusterId), {
      mayUseReserve: true,
    });
    for (const { id } of rows.filter(({ is_stored }) => is_stored === 0)) {
      await storage.discardStaged(id);
    }
    const digests = rows.map(({ sha512 }) => sha512);
    await collectDeleted({ database, storage, clock, logger }, await pickUnwanted(database.read, digests));
  }

  /** The same for clusters whose end a crash has cut short; answers how many there were. */
  async tidy(): Promise<number> {
    const clusters = await findEndedDeliverers(this.#options.database.read);
    for (const clusterId of clusters) {
      await this.forget(clusterId);
    }
    return clusters.length;
  }

  /** Files of the job of the cluster count as brought; those whose bytes are gone do not. */
  async #adopt(by: Deliverer, files: readonly Deliverable[]): Promise<Map<string, Delivery>> {
    const { storage } = this.#options;
    const adopted = new Map<string, Delivery>();
    const held: HeldBlob[] = [];
    for (const { sha512, sizeBytes } of files) {
      const blob = await storage.hold({ sha512, sizeBytes });
      if (blob !== null) {
        held.push(blob);
        adopted.set(sha512, { sha512, receivedBytes: sizeBytes, isStored: true });
      }
    }
    await this.#store(by, held, held);
    return adopted;
  }

  async #begin(by: Deliverer, file: Deliverable, before: DeliveryRow | undefined): Promise<DeliveryRow> {
    const { database, storage } = this.#options;
    if (before !== undefined) {
      await this.#giveUp(before);
    }
    const row = rowOf(by, file, { receivedBytes: 0, isStored: false });
    await database.write((queries) => writeDeliveries(queries, [row]));
    try {
      await storage.stage(row.id, file.sizeBytes);
    } catch (error) {
      await database.write((queries) => forgetDelivery(queries, row.id), { mayUseReserve: true });
      throw error;
    }
    return row;
  }

  /** Takes in what comes, and records what is safe as it goes; answers how far the file has come. */
  async #receive(
    row: DeliveryRow,
    offset: number,
    source: AsyncIterable<Uint8Array>,
    signal: AbortSignal,
  ): Promise<DeliveryRow> {
    const { database, storage, logger } = this.#options;
    const record = (bytes: number) => {
      const received = { ...row, received_bytes: offset + bytes };
      return database
        .write((queries) => writeDeliveries(queries, [received]), { mayUseReserve: true })
        .then(() => received);
    };
    let recording: Promise<unknown> = Promise.resolve();
    const { durableBytes, brokenBy } = await storage.writeStaged(row.id, offset, source, {
      signal,
      ownsChunks: true,
      maxBytes: row.size_bytes - offset,
      present: offset > 0 ? [[0, offset]] : [],
      onDurable: (bytes) => {
        recording = recording
          .then(() => record(bytes))
          .catch((error) => logger.warn({ err: error }, 'the progress of a delivery was not recorded'));
      },
    });
    await recording;
    const received = await record(durableBytes);
    if (brokenBy !== null) {
      throw brokenBy;
    }
    return received;
  }

  async #giveUp({ id }: DeliveryRow): Promise<void> {
    const { database, storage } = this.#options;
    await storage.discardStaged(id);
    await database.write((queries) => forgetDelivery(queries, id), { mayUseReserve: true });
  }

  async #finish(by: Deliverer, row: DeliveryRow, signal: AbortSignal): Promise<Delivery> {
    const { storage } = this.#options;
    const { sha512, size_bytes: sizeBytes } = row;
    let blob: HeldBlob;
    try {
      blob = await storage.finishStaged(row.id, { sha512, signal });
    } catch (error) {
      if (!(error instanceof BlobMismatchError)) {
        throw error;
      }
      await this.#giveUp(row);
      return { sha512, receivedBytes: 0, isStored: false };
    }
    await this.#store(by, [{ sha512, sizeBytes }], [blob]);
    await storage.discardStaged(row.id);
    return { sha512, receivedBytes: sizeBytes, isStored: true };
  }

  /** Writes that these are stored, which keeps them from then on. */
  async #store(by: Deliverer, files: readonly Deliverable[], held: readonly HeldBlob[]): Promise<void> {
    try {
      const rows = files.map((file) => rowOf(by, file, { receivedBytes: file.sizeBytes, isStored: true }));
      if (rows.length > 0) {
        await this.#options.database.write((queries) => writeDeliveries(queries, rows), {
          mayUseReserve: true,
        });
      }
    } finally {
      for (const blob of held) {
        blob.release();
      }
    }
  }
}

function rowOf(
  { clusterId }: Deliverer,
  { sha512, sizeBytes }: Deliverable,
  { receivedBytes, isStored }: { receivedBytes: number; isStored: boolean },
): DeliveryRow {
  return {
    id: `delivery${randomBytes(16).toString('hex')}`,
    cluster_id: clusterId,
    sha512,
    size_bytes: sizeBytes,
    received_bytes: receivedBytes,
    is_stored: isStored ? 1 : 0,
  };
}

function answerOf({ sha512, sizeBytes }: Deliverable, row: DeliveryRow | undefined): Delivery {
  if (row?.size_bytes !== sizeBytes) {
    return { sha512, receivedBytes: 0, isStored: false };
  }
  return { sha512, receivedBytes: row.received_bytes, isStored: row.is_stored === 1 };
}
