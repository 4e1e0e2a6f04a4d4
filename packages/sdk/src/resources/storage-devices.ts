import type {
  attachStorageDevice,
  copyToStorage,
  createStorageDevice,
  deleteStorageDevice,
  deleteStorageEntry,
  getStorageDevice,
  listStorageDeviceStatuses,
  listStorageDevices,
  listStorageEntries,
  makeStorageDirectory,
  QueryFor,
  ResponseOf,
  StorageDevice,
  StorageDeviceAttachment,
  StorageDeviceCreation,
  StorageDeviceStatus,
  StorageDeviceUpdate,
  StorageEntry,
  StoredEntry,
  submitStorageDevice,
  updateStorageDevice,
} from '@quarry/contract';
import type { CallOptions } from '../call-options.ts';
import { type DownloadOptions, downloadFrom } from '../lib/download.ts';
import type { Listing } from '../pagination.ts';
import { fillPath } from '../path.ts';
import type { Transport } from '../transport.ts';

const CONTENTS = '/api/v2/storage-devices/:deviceId/contents/*';

/** Places for files that several jobs have at the same time, as `$HOME/storage_<id>`, and that outlive them. */
export class StorageDevices {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Those that the user may use, newest first. */
  list(query: QueryFor<typeof listStorageDevices> = {}, call: CallOptions = {}): Listing<StorageDevice> {
    return this.#transport.list<typeof listStorageDevices>('/api/v2/storage-devices/', { query, ...call });
  }

  /** Adds one; jobs can have it after `submit`. `storageSize` is in GB. */
  create(device: StorageDeviceCreation, call: CallOptions = {}): Promise<StorageDevice> {
    const input = { body: device, ...call };
    return this.#transport.send<typeof createStorageDevice>('POST', '/api/v2/storage-devices/', input);
  }

  get(deviceId: string, call: CallOptions = {}): Promise<StorageDevice> {
    const path = '/api/v2/storage-devices/:deviceId/';
    return this.#transport.send<typeof getStorageDevice>('GET', path, { params: { deviceId }, ...call });
  }

  /** Starts one. On a Quarry server its status is `Started` then; elsewhere see `statuses`. */
  async submit(deviceId: string, call: CallOptions = {}): Promise<void> {
    const path = '/api/v2/storage-devices/:deviceId/submit/';
    await this.#transport.send<typeof submitStorageDevice>('POST', path, { params: { deviceId }, ...call });
  }

  /** The history of one, newest first. */
  statuses(
    deviceId: string,
    query: QueryFor<typeof listStorageDeviceStatuses> = {},
    call: CallOptions = {},
  ): Listing<StorageDeviceStatus> {
    const path = '/api/v2/storage-devices/:deviceId/statuses/';
    const input = { params: { deviceId }, query, ...call };
    return this.#transport.list<typeof listStorageDeviceStatuses>(path, input);
  }

  /** Renames one, or changes its size or alerts. An extension of Quarry servers. */
  update(deviceId: string, changes: StorageDeviceUpdate, call: CallOptions = {}): Promise<StorageDevice> {
    const input = { params: { deviceId }, body: changes, ...call };
    const path = '/api/v2/storage-devices/:deviceId/';
    return this.#transport.send<typeof updateStorageDevice>('PATCH', path, input);
  }

  /**
   * Deletes one with all that lies on it; refused with a `BadRequestError` while a job that has not ended has it. An
   * extension of Quarry servers.
   */
  async delete(deviceId: string, call: CallOptions = {}): Promise<void> {
    const path = '/api/v2/storage-devices/:deviceId/';
    await this.#transport.send<typeof deleteStorageDevice>('DELETE', path, { params: { deviceId }, ...call });
  }

  /** Gives a job that is saved and not submitted a device. */
  attach(jobId: string, deviceId: string, call: CallOptions = {}): Promise<StorageDeviceAttachment> {
    const input = { params: { jobId }, body: { storageDevice: { id: deviceId } }, ...call };
    const path = '/api/v2/jobs/:jobId/storage-devices/';
    return this.#transport.send<typeof attachStorageDevice>('POST', path, input);
  }

  /**
   * What is in a directory of a device, by name; the device itself without `path`. An extension of Quarry servers, as is all
   * that follows but `copyFiles`.
   */
  entries(
    deviceId: string,
    query: QueryFor<typeof listStorageEntries> = {},
    call: CallOptions = {},
  ): Listing<StorageEntry> {
    const path = '/api/v2/storage-devices/:deviceId/directory-contents/';
    return this.#transport.list<typeof listStorageEntries>(path, { params: { deviceId }, query, ...call });
  }

  /**
   * The bytes of a file on a device, or a range of them, as they are now. With `digest` a Quarry server sends the header
   * `Content-Digest` along, of up to 64 MiB; the bytes are not compared with it here.
   */
  download(
    deviceId: string,
    path: string,
    { digest = false, ...options }: DownloadOptions & { digest?: boolean } = {},
  ): Promise<Response> {
    const headers: Record<string, string> = digest ? { 'want-content-digest': 'sha-512=1' } : {};
    return downloadFrom(this.#transport, fillPath(CONTENTS, { deviceId, '*': path }), options, headers);
  }

  /**
   * Puts a file there, in place of one of that name; it is seen when it is whole. Directories above it are made. With its
   * `sha512`, in hex, what arrives otherwise is refused and nothing is put there.
   */
  async upload(
    deviceId: string,
    path: string,
    source: Blob | Uint8Array<ArrayBuffer> | string,
    { timeoutMs = Number.POSITIVE_INFINITY, sha512, ...call }: CallOptions & { sha512?: string } = {},
  ): Promise<StoredEntry> {
    const spec = {
      method: 'PUT' as const,
      path: fillPath(CONTENTS, { deviceId, '*': path }),
      headers: {
        'content-type': 'application/octet-stream',
        ...(sha512 !== undefined && { 'repr-digest': `sha-512=:${base64Of(sha512)}:` }),
      },
      body: source,
      timeoutMs,
      ...call,
    };
    return (await this.#transport.json(spec)) as StoredEntry;
  }

  /** Removes a file, or a directory with all in it; a link itself. */
  async remove(deviceId: string, path: string, call: CallOptions = {}): Promise<void> {
    const input = { params: { deviceId, '*': path }, ...call };
    await this.#transport.send<typeof deleteStorageEntry>('DELETE', CONTENTS, input);
  }

  /** Makes a directory and those above it. */
  async makeDirectory(deviceId: string, path: string, call: CallOptions = {}): Promise<void> {
    const input = { params: { deviceId }, body: { path }, ...call };
    const endpoint = '/api/v2/storage-devices/:deviceId/directories/';
    await this.#transport.send<typeof makeStorageDirectory>('POST', endpoint, input);
  }

  /** Copies stored files there, under their names into a directory, which is made. */
  async copyFiles(
    deviceId: string,
    fileIds: readonly string[],
    { outputDir, ...call }: CallOptions & { outputDir?: string } = {},
  ): Promise<ResponseOf<typeof copyToStorage>['files']> {
    const body = { files: fileIds.map((id) => ({ id })), ...(outputDir !== undefined && { outputDir }) };
    const path = '/api/v2/storage-devices/:deviceId/file-downloads/';
    const input = { params: { deviceId }, body, ...call };
    return (await this.#transport.send<typeof copyToStorage>('POST', path, input))?.files ?? [];
  }
}

function base64Of(hex: string): string {
  const bytes = hex.match(/../g)?.map((byte) => String.fromCharCode(Number.parseInt(byte, 16))) ?? [];
  return btoa(bytes.join(''));
}
