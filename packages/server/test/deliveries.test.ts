/** Outputs that agents bring, with a real store and database, and what crashes leave of them. */
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempDisposable, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { expect, test } from 'vitest';
import { insertFiles } from '../src/db/queries/files-insert.ts';
import { Deliveries } from '../src/deliveries/deliveries.ts';
import { collectBlob, collectStrays } from '../src/files/lifetime.ts';
import { openStorage } from '../src/storage/registry.ts';
import { openWorld, submitJob } from './job-rows-harness.ts';

const KIB = 1024;

async function openPlace() {
  const stack = new AsyncDisposableStack();
  const base = stack.use(await mkdtempDisposable(join(tmpdir(), 'quarry-deliveries-')));
  const world = await openWorld(join(base.path, 'quarry.db'));
  stack.use(world.database);
  const storage = await openStorage({ kind: 'fs', directory: base.path });
  stack.defer(() => storage.close());
  await storage.recover();
  const { database, clock } = world;
  await submitJob(world, 'job', { isOptimization: false, runs: 1, retryPolicy: null });
  await submitJob(world, 'other', { isOptimization: false, runs: 1, retryPolicy: null });
  const by = await Promise.all(
    ['job', 'other'].map(async (jobId) => {
      const { cluster_id } = await database.read
        .selectFrom('jobs')
        .where('id', '=', jobId)
        .select('cluster_id')
        .executeTakeFirstOrThrow();
      return { jobId, clusterId: cluster_id! };
    }),
  );
  const needs = { database, storage, clock, logger: pino({ enabled: false }) };
  return {
    ...needs,
    mine: by[0]!,
    others: by[1]!,
    deliveries: new Deliveries(needs),
    staged: () => readdir(join(base.path, 'staged')),
    rows: () => database.read.selectFrom('deliveries').selectAll().execute(),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

function fileOf(bytes: Buffer) {
  return { sha512: createHash('sha512').update(bytes).digest('hex'), sizeBytes: bytes.length };
}

const never = new AbortController().signal;
const stream = async function* (...pieces: Buffer[]) {
  yield* pieces;
};
const broken = async function* (piece: Buffer) {
  yield piece;
  throw new Error('the connection was cut');
};

test('a file goes on from the bytes that are safe, and is stored when its last byte has come', async () => {
  await using place = await openPlace();
  const { deliveries, mine } = place;
  const bytes = randomBytes(300 * KIB);
  const file = fileOf(bytes);
  const half = bytes.subarray(0, 200 * KIB);
  await expect(deliveries.take(mine, { ...file, offset: 0 }, broken(half), never)).rejects.toThrow('cut');
  const [known] = await deliveries.ask(mine, [file]);
  expect(known).toEqual({ sha512: file.sha512, receivedBytes: half.length, isStored: false });
  await expect(deliveries.take(mine, { ...file, offset: 0 }, stream(bytes), never)).rejects.toMatchObject({
    code: 'delivery_offset',
  });
  const rest = stream(bytes.subarray(half.length));
  expect(await deliveries.take(mine, { ...file, offset: half.length }, rest, never)).toMatchObject({
    isStored: true,
  });
  expect(await place.staged()).toEqual([]);
  const [blob] = await deliveries.hold(mine.clusterId, [file]);
  expect(blob).toMatchObject(file);
  blob!.release();
});

test('of two runs that bring the same file at once one brings it, and nothing is left of the other', async () => {
  await using place = await openPlace();
  const { deliveries, mine } = place;
  const bytes = randomBytes(100 * KIB);
  const file = { ...fileOf(bytes), offset: 0 };
  const [first, second] = await Promise.allSettled([
    deliveries.take(mine, file, broken(bytes.subarray(0, 50 * KIB)), never),
    deliveries.take(mine, file, broken(bytes.subarray(0, 80 * KIB)), never),
  ]);
  expect(first).toMatchObject({ status: 'rejected', reason: { message: 'the connection was cut' } });
  expect(second).toMatchObject({ status: 'rejected', reason: { code: 'delivery_under_way' } });
  expect([(await place.staged()).length, (await place.rows()).length]).toEqual([1, 1]);
  const rest = stream(bytes.subarray(50 * KIB));
  expect(await deliveries.take(mine, { ...file, offset: 50 * KIB }, rest, never)).toMatchObject({
    isStored: true,
  });
  expect(await place.staged()).toEqual([]);
});

test('bytes that have another digest are forgotten, and the file is begun anew', async () => {
  await using place = await openPlace();
  const { deliveries, mine } = place;
  const bytes = randomBytes(100 * KIB);
  const file = fileOf(bytes);
  const wrong = Buffer.from(bytes);
  wrong[5] = wrong[5]! ^ 1;
  expect(await deliveries.take(mine, { ...file, offset: 0 }, stream(wrong), never)).toEqual({
    ...{ sha512: file.sha512, receivedBytes: 0, isStored: false },
  });
  expect([await place.staged(), await place.rows()]).toEqual([[], []]);
  const many = await deliveries.takeMany(mine, [
    { ...file, bytes: wrong, actualSha512: fileOf(wrong).sha512 },
    { ...fileOf(wrong), bytes: wrong, actualSha512: fileOf(wrong).sha512 },
  ]);
  expect(many.map(({ isStored }) => isStored)).toEqual([false, true]);
  expect(await deliveries.take(mine, { ...file, offset: 0 }, stream(bytes), never)).toMatchObject({
    isStored: true,
  });
});

test('what was brought stays in the store without a file until its cluster has ended, and no longer', async () => {
  await using place = await openPlace();
  const { deliveries, mine, storage, database, clock } = place;
  const [kept, unwanted] = [Buffer.from('kept'), Buffer.from('unwanted')];
  await deliveries.takeMany(
    mine,
    [kept, unwanted].map((bytes) => ({ ...fileOf(bytes), bytes, actualSha512: fileOf(bytes).sha512 })),
  );
  expect(await collectBlob({ database, storage, clock }, fileOf(unwanted).sha512)).toBe(false);
  expect(await collectStrays({ database, storage, clock }, { signal: never, fail: () => undefined })).toBe(0);
  const file = { ownerId: 'u', name: 'kept', typeId: 5, ...fileOf(kept) };
  await database.write((queries) => insertFiles(queries, [file], () => clock.now()));
  await deliveries.forget(mine.clusterId);
  expect(await place.rows()).toEqual([]);
  expect(await storage.stat(fileOf(kept).sha512)).not.toBeNull();
  expect(await storage.stat(fileOf(unwanted).sha512)).toBeNull();
});

test('files of the job need not be brought, and of those of others nothing is told', async () => {
  await using place = await openPlace();
  const { deliveries, mine, others, storage, database, clock } = place;
  const bytes = Buffer.from('an output of the job');
  const file = fileOf(bytes);
  const [held] = await storage.receiveMany([[bytes]]);
  const output = { jobId: 'job', runNumber: 1, relativePath: 'out', isOfSweep: false };
  await database.write((queries) =>
    insertFiles(queries, [{ ownerId: 'u', name: 'out', typeId: 5, ...file, output }], () => clock.now()),
  );
  held!.release();
  expect(await deliveries.ask(others, [file])).toMatchObject([{ receivedBytes: 0, isStored: false }]);
  expect(await deliveries.hold(others.clusterId, [file])).toEqual([null]);
  expect(await deliveries.ask(mine, [file])).toMatchObject([{ isStored: true }]);
  const [blob] = await deliveries.hold(mine.clusterId, [file]);
  expect(blob).toMatchObject(file);
  blob!.release();
  // What another cluster has brought is no more its own.
  const brought = Buffer.from('brought by one');
  await deliveries.takeMany(mine, [
    { ...fileOf(brought), bytes: brought, actualSha512: fileOf(brought).sha512 },
  ]);
  expect(await deliveries.ask(others, [fileOf(brought)])).toMatchObject([{ isStored: false }]);
});

test('a crash at each step leaves what the next server goes on with, or nothing', async () => {
  await using place = await openPlace();
  const { deliveries, mine, storage, database } = place;
  const bytes = randomBytes(50 * KIB);
  const file = fileOf(bytes);
  const take = (offset: number, piece: Buffer) =>
    new Deliveries(place).take(mine, { ...file, offset }, stream(piece), never);
  const row = { id: 'deliveryA', cluster_id: mine.clusterId, sha512: file.sha512, size_bytes: bytes.length };
  // The row, and not its place yet.
  await database.write((queries) =>
    queries
      .insertInto('deliveries')
      .values({ ...row, received_bytes: 0, is_stored: 0 })
      .execute(),
  );
  expect(await take(0, bytes)).toMatchObject({ receivedBytes: 0, isStored: false });
  expect(await place.rows()).toEqual([]);
  // All bytes, and not the blob yet.
  await storage.stage('deliveryA', bytes.length);
  await storage.writeStaged('deliveryA', 0, stream(bytes), { maxBytes: bytes.length });
  await database.write((queries) =>
    queries
      .insertInto('deliveries')
      .values({ ...row, received_bytes: bytes.length, is_stored: 0 })
      .execute(),
  );
  expect(await deliveries.ask(mine, [file])).toMatchObject([
    { receivedBytes: bytes.length, isStored: false },
  ]);
  expect(await take(bytes.length, Buffer.alloc(0))).toMatchObject({ isStored: true });
  expect(await place.staged()).toEqual([]);
  // The end of the cluster, and not that of what it has brought.
  await database.write((queries) =>
    queries.updateTable('clusters').set({ is_ended: 1 }).where('id', '=', mine.clusterId).execute(),
  );
  expect(await new Deliveries(place).tidy()).toBe(1);
  expect([await place.rows(), await storage.stat(file.sha512)]).toEqual([[], null]);
});
