import type {
  BodyFor,
  createJobArchiveTask,
  createJobResultsTask,
  createStorageCopyTask,
  deleteTask,
  getTask,
  listTasks,
  QueryFor,
  Task,
} from '@quarry/contract';
import type { CallOptions } from '../call-options.ts';
import { QuarryError } from '../errors.ts';
import { type TaskWaitOptions, waitForTask } from '../lib/wait-task.ts';
import type { Listing } from '../pagination.ts';
import type { Transport } from '../transport.ts';

/** What takes long and goes on at the platform by itself, also over a restart of it. For Quarry servers. */
export class Tasks {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Those that the user may see, newest first. */
  list(query: QueryFor<typeof listTasks> = {}, call: CallOptions = {}): Listing<Task> {
    return this.#transport.list<typeof listTasks>('/api/v2/tasks/', { query, ...call });
  }

  async get(taskId: string, call: CallOptions = {}): Promise<Task> {
    const input = { params: { token: taskId }, ...call };
    const answer = await this.#transport.send<typeof getTask>('GET', '/api/v2/tasks/:token/', input);
    if (!('id' in answer)) {
      throw new QuarryError(`"${taskId}" is the token of a question, not the id of a task.`);
    }
    return answer;
  }

  /**
   * Waits until a task has ended, however it ended: see `status`, `result` and `error`. Outages shorter than five minutes
   * are sat out.
   */
  wait(taskId: string, options: TaskWaitOptions = {}): Promise<Task> {
    const { signal } = options;
    const about = { transport: this.#transport, taskId };
    return waitForTask(() => this.get(taskId, { ...(signal && { signal }) }), about, options);
  }

  /** Cancels a task, or forgets one that has ended; files that it has made stay. */
  async cancel(taskId: string, call: CallOptions = {}): Promise<void> {
    const input = { params: { token: taskId }, ...call };
    await this.#transport.send<typeof deleteTask>('DELETE', '/api/v2/tasks/:token/', input);
  }

  /** Begins to write the outputs of a job into one file of the user's: `fileId` of its result. */
  archive(
    jobId: string,
    { format, run, search, ...call }: BodyFor<typeof createJobArchiveTask> & CallOptions = {},
  ): Promise<Task> {
    const input = { params: { jobId }, body: { format, run, search }, ...call };
    const path = '/api/v2/jobs/:jobId/archive/task/';
    return this.#transport.send<typeof createJobArchiveTask>('POST', path, input);
  }

  /** Begins to write the table of a sweep into a file of the user's, as CSV unless told otherwise. */
  results(
    jobId: string,
    { format, ...call }: BodyFor<typeof createJobResultsTask> & CallOptions = {},
  ): Promise<Task> {
    const input = { params: { jobId }, body: { format }, ...call };
    const path = '/api/v2/jobs/:jobId/results/task/';
    return this.#transport.send<typeof createJobResultsTask>('POST', path, input);
  }

  /** Begins to copy stored files onto a storage device, as `storageDevices.copyFiles` does while it is waited for. */
  copy(
    deviceId: string,
    fileIds: readonly string[],
    { outputDir, ...call }: CallOptions & { outputDir?: string } = {},
  ): Promise<Task> {
    const body = { files: fileIds.map((id) => ({ id })), ...(outputDir !== undefined && { outputDir }) };
    const path = '/api/v2/storage-devices/:deviceId/file-downloads/task/';
    return this.#transport.send<typeof createStorageCopyTask>('POST', path, {
      params: { deviceId },
      body,
      ...call,
    });
  }
}
