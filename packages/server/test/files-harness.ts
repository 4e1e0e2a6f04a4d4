import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type FileObject, fileObject } from '@quarry/contract';
import { expect } from 'vitest';
import { createAuthenticator } from '../src/access/authenticate.ts';
import { hashKey, keyPrefix, newApiKey } from '../src/access/keys.ts';
import { Sessions } from '../src/access/sessions.ts';
import { Tickets } from '../src/access/tickets.ts';
import { ByteBudget } from '../src/api/files/byte-budget.ts';
import type { FilesContext } from '../src/api/files/context.ts';
import { fileRoutes } from '../src/api/files/index.ts';
import { createUploads, type Uploads } from '../src/api/uploads/index.ts';
import { systemClock } from '../src/clock.ts';
import type { Database } from '../src/db/database.ts';
import { openDatabase } from '../src/db/open.ts';
import type { Role } from '../src/db/tables.ts';
import { LineIndexes } from '../src/files/line-index.ts';
import { mount } from '../src/http/mount.ts';
import { createRequestLog } from '../src/http/request-log.ts';
import { newId } from '../src/ids.ts';
import { LIMITS } from '../src/limits.ts';
import { createLogger } from '../src/logger.ts';
import { openFsStorage } from '../src/storage/fs/fs-storage.ts';
import { PartDigester } from '../src/storage/part-digests.ts';
import type { Storage } from '../src/storage/storage.ts';

export interface FilesHarness extends AsyncDisposable {
  url: string;
  key: string;
  userId: string;
  directory: string;
  context: FilesContext;
  uploads: Uploads;
  database: Database;
  storage: Storage;
  /** A further user; the answer is their key. */
  addUser(role: Role): Promise<{ key: string; userId: string }>;
  /** A job of the first user with these inputs; the answer is its id and the token of its agent. */
  addJob(
    inputs: string[],
    life: 'saved' | 'under way' | 'completed',
  ): Promise<{ jobId: string; agentToken: string }>;
  /** A call with the first user's key, or another one. */
  call(method: string, path: string, options?: CallOptions): Promise<Response>;
}

export interface CallOptions {
  key?: string;
  headers?: Record<string, string>;
  body?: RequestInit['body'];
}

export async function startFilesApi(
  options: {
    uploadBytes?: number;
    linesBytes?: number;
    storageDirectory?: string;
    reserveBytes?: number;
    stalledReaderSeconds?: number;
  } = {},
): Promise<FilesHarness> {
  const directory = await mkdtemp(join(tmpdir(), 'quarry-files-'));
  const database = await openDatabase(join(directory, 'quarry.db'));
  const storage = await openFsStorage({
    directory: options.storageDirectory ?? directory,
    reserveBytes: options.reserveBytes,
  });
  const clock = systemClock();
  const logger = createLogger('fatal');
  const context: FilesContext = {
    database,
    storage,
    clock,
    logger,
    bulkMemory: new ByteBudget(LIMITS.bulkMemoryBytes),
    partDigester: new PartDigester({ atOnce: 2 }),
    lineIndexes: new LineIndexes(),
    uploadBytes: options.uploadBytes ?? 1024 ** 4,
    linesBytes: options.linesBytes ?? 64 * 1024 ** 2,
  };
  const uploads = createUploads(context);
  const clusters = new Map<string, string>();
  const authenticator = createAuthenticator({
    database,
    clock,
    clusterOfToken: (hash) => clusters.get(hash) ?? null,
    tickets: new Tickets(clock),
    sessions: new Sessions({ database, clock, idleHours: 1, days: 1 }),
  });
  const server = mount({
    routes: [...fileRoutes(context), ...uploads.routes],
    authenticator,
    logger,
    requests: createRequestLog(createLogger('fatal')),
    publicUrl: null,
    trustProxy: false,
    stalledReaderSeconds: options.stalledReaderSeconds,
  });
  await server.listen({ port: 0, host: '127.0.0.1' });
  const { port } = server.server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;

  await database.write(async (queries) => {
    await queries
      .insertInto('workspaces')
      .values({
        id: '04-1',
        name: 'Test',
        company_code: 'test',
        company_name: 'Test',
        date_inserted: clock.now(),
      })
      .execute();
  });
  const addUser = async (role: Role) => {
    const [key, userId] = [newApiKey(), newId()];
    await database.write(async (queries) => {
      await queries
        .insertInto('users')
        .values({
          id: userId,
          workspace_id: '04-1',
          email: `${userId}@example.org`,
          first_name: 'A',
          last_name: 'B',
          role,
          is_active: 1,
          date_inserted: clock.now(),
          max_job_hours: null,
        })
        .execute();
      await queries
        .insertInto('api_keys')
        .values({
          id: newId(),
          user_id: userId,
          name: 'test',
          key_hash: hashKey(key),
          key_prefix: keyPrefix(key),
          job_id: null,
          date_inserted: clock.now(),
          expires_at: null,
          last_used_at: null,
          revoked_at: null,
        })
        .execute();
    });
    return { key, userId };
  };
  const first = await addUser('member');
  return {
    url,
    ...first,
    directory,
    context,
    uploads,
    database,
    storage,
    addUser,
    addJob: async (inputs, life) => {
      const [jobId, clusterId, agentToken, now] = [newId(), newId(), newApiKey(), clock.now()];
      const submitted = life !== 'saved';
      await database.write(async (queries) => {
        await queries
          .insertInto('jobs')
          .values({
            id: jobId,
            owner_id: first.userId,
            project_id: null,
            name: 'a job',
            description: '',
            definition: '{}',
            state: '{}',
            status: submitted ? 'Executing' : null,
            is_completed: life === 'completed' ? 1 : 0,
            is_low_priority: 0,
            core_type: 'granite',
            cores_per_slot: 2,
            slots: 1,
            walltime_seconds: 3600,
            price_per_core_hour: '0',
            currency: 'USD',
            tags: '[]',
            analysis_names: '[]',
            cloned_from: null,
            waiting: null,
            output_bytes: 0,
            date_inserted: now,
            date_submitted: submitted ? now : null,
            date_started: submitted ? now : null,
            date_completed: life === 'completed' ? now : null,
            deleted_at: null,
          })
          .execute();
        await queries
          .insertInto('job_inputs')
          .values(
            inputs.map((fileId, position) => ({
              job_id: jobId,
              tile: 0,
              position,
              file_id: fileId,
              decompress: 1 as const,
            })),
          )
          .execute();
        await queries
          .insertInto('clusters')
          .values({
            id: clusterId,
            job_id: jobId,
            scheduler: 'local',
            directory: directory,
            handle: null,
            applied_event: 0,
            batch: 0,
            is_ended: 0,
            date_inserted: now,
            date_ended: null,
          })
          .execute();
        await queries.updateTable('jobs').set({ cluster_id: clusterId }).where('id', '=', jobId).execute();
      });
      clusters.set(hashKey(agentToken), clusterId);
      return { jobId, agentToken };
    },
    call: (method, path, { key = first.key, headers = {}, body } = {}) =>
      fetch(`${url}/api/v2/${path}`, {
        method,
        headers: { authorization: `Token ${key}`, ...headers },
        body,
        duplex: 'half',
      } as RequestInit),
    async [Symbol.asyncDispose]() {
      await server.close();
      await uploads.whenIdle();
      await context.partDigester[Symbol.asyncDispose]();
      await storage.close();
      await database[Symbol.asyncDispose]();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

export const MIB = 1024 * 1024;

/** Uploads as a browser would, and expects to succeed. */
export async function upload(
  api: FilesHarness,
  bytes: Uint8Array | string,
  name = 'input.dat',
  key?: string,
): Promise<FileObject> {
  const form = new FormData();
  form.set('file', new Blob([bytes as Uint8Array<ArrayBuffer>]), name);
  const response = await api.call('POST', 'files/contents/', { body: form, key });
  expect(response.status).toBe(201);
  return fileObject.parse(await response.json());
}

/** A multipart body written by hand: each part is its header lines and its bytes. */
export function multipart(parts: [header: string, body: string | Buffer][], boundary = 'XX'): Buffer {
  const pieces = parts.flatMap(([header, body]) => [`--${boundary}\r\n${header}\r\n\r\n`, body, '\r\n']);
  return Buffer.concat([...pieces, `--${boundary}--\r\n`].map((piece) => Buffer.from(piece as string)));
}

/** The header of the part that carries the file. */
export function filePart(name: string, more = ''): string {
  return `Content-Disposition: form-data; name="file"; filename="${name}"${more}`;
}

export function sendMultipart(
  api: FilesHarness,
  body: Buffer,
  options: { method?: string; boundary?: string } = {},
): Promise<Response> {
  const { method = 'POST', boundary = 'XX' } = options;
  const headers = { 'content-type': `multipart/form-data; boundary=${boundary}` };
  return api.call(method, 'files/contents/', { headers, body: body as unknown as RequestInit['body'] });
}

export async function json(response: Response): Promise<Record<string, unknown>> {
  return (await response.json()) as Record<string, unknown>;
}

/** Waits for a condition, ten seconds at most. */
export async function until(condition: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + 10_000;
  while (!(await condition())) {
    if (Date.now() > end) {
      throw new Error('The condition did not come true within ten seconds.');
    }
    await sleep(10);
  }
}
