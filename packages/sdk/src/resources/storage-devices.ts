import type {
  attachStorageDevice,
  createStorageDevice,
  deleteStorageDevice,
  getStorageDevice,
  listStorageDeviceStatuses,
  listStorageDevices,
  QueryFor,
  StorageDevice,
  StorageDeviceAttachment,
  StorageDeviceCreation,
  StorageDeviceStatus,
  StorageDeviceUpdate,
  submitStorageDevice,
  updateStorageDevice,
} from '@quarry/contract';
import type { CallOptions } from '../call-options.ts';
import type { Listing } from '../pagination.ts';
import type { Transport } from '../transport.ts';

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
}
