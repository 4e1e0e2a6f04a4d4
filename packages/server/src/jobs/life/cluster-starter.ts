import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AgentStart, ClusterFile, StorageDeviceMount } from '@quarry/contract';
import type { Database } from '../../db/database.ts';
import { noteStarted } from '../../db/queries/write-clusters.ts';
import type { Allotment, ClusterRequest, Handle, Scheduler } from '../../schedulers/scheduler.ts';
import type { AgentTokens } from './agent-tokens.ts';
import { findSshAccess } from './ssh-access.ts';

/** What commands see beside what belongs to them. */
interface Shown {
  visiblePaths: string[];
  storageDevices: StorageDeviceMount[];
}

export interface ClusterStarterOptions {
  database: Database;
  scheduler: Scheduler;
  tokens: AgentTokens;
  sandbox: Omit<ClusterFile['sandbox'], 'visiblePaths'>;
  /** What the sandbox of a job shows of hidden places. */
  visiblePathsOf: (jobId: string) => Promise<string[]>;
  /** The storage devices of a job, as its agent finds them. */
  devicesOf: (jobId: string) => Promise<StorageDeviceMount[]>;
  limits: ClusterFile['limits'];
  /** What a run may have of memory; 0 for as much as there is. */
  memoryBytesOf: (request: Pick<ClusterRequest, 'coreType' | 'coresPerSlot'>) => number;
  /** Where they let people log in; null where that is switched off. */
  ssh: Omit<NonNullable<ClusterFile['ssh']>, 'access'> | null;
  /** Where agents reach the server, and the file that names it after a restart. */
  serverUrl: () => string;
  serverFile: string | null;
  /** Where the server keeps what it knows of clusters. */
  clustersDirectory: string;
}

/** Starts agents: their directory with what they are to know, their token, their process. */
export class ClusterStarter {
  readonly #options: ClusterStarterOptions;
  readonly #starting = new Set<string>();

  constructor(options: ClusterStarterOptions) {
    this.#options = options;
  }

  /** Whether a cluster is between the row that says it was launched and its agent: not there yet, but not gone. */
  isStarting(clusterId: string): boolean {
    return this.#starting.has(clusterId);
  }

  /** Counts a cluster as starting while `work` is under way, which is to begin with writing that it was launched. */
  async whileStarting(clusterId: string, work: () => Promise<void>): Promise<void> {
    this.#starting.add(clusterId);
    try {
      await work();
    } finally {
      this.#starting.delete(clusterId);
    }
  }

  /** Starts the agent of a launched cluster; rejects when that is not possible. May be repeated. */
  async start(request: ClusterRequest, jobId: string): Promise<void> {
    const { database, scheduler, tokens, visiblePathsOf, devicesOf } = this.#options;
    const allotment = scheduler.allot(request);
    let handle: Handle;
    try {
      const [visiblePaths, storageDevices] = [await visiblePathsOf(jobId), await devicesOf(jobId)];
      await this.#prepareDirectory(request, { ...allotment, visiblePaths, storageDevices });
      tokens.expect(request.clusterId);
      handle = await scheduler.start(request, this.#startOf(request));
    } catch (error) {
      scheduler.release(request.clusterId);
      throw error;
    }
    // An agent that runs already must not be called one that could not be started, only for want of space.
    await database.write((queries) => noteStarted(queries, request.clusterId, handle, allotment.slots), {
      mayUseReserve: true,
    });
  }

  /**
   * What the agent of a cluster is to know, as it was started with; null when it has ended. Its token is not part of that:
   * whoever asks has it.
   */
  async describe(clusterId: string): Promise<Omit<ClusterFile, 'token'> | null> {
    try {
      const path = join(this.#options.clustersDirectory, clusterId, 'cluster.json');
      const { token: _, ...file } = JSON.parse(await readFile(path, 'utf8')) as ClusterFile;
      return file;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
        return null;
      }
      throw error;
    }
  }

  #startOf({ clusterId, directory }: ClusterRequest): AgentStart {
    const { tokens, serverUrl } = this.#options;
    return { clusterId, token: tokens.of(clusterId), serverUrl: serverUrl(), directory };
  }

  async #prepareDirectory(
    request: ClusterRequest,
    { slots, gpus, visiblePaths, storageDevices }: Allotment & Shown,
  ): Promise<void> {
    const { serverFile, sandbox, limits, memoryBytesOf, ssh, database } = this.#options;
    const { sharesFiles } = request;
    const directory = sharesFiles
      ? request.directory
      : join(this.#options.clustersDirectory, request.clusterId);
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const file: ClusterFile = {
      ...this.#startOf(request),
      serverFile: sharesFiles ? serverFile : join(request.directory, 'server.json'),
      sharesFiles,
      slots,
      coresPerSlot: request.coresPerSlot,
      ...(gpus && { gpus }),
      sandbox: { ...sandbox, visiblePaths },
      storageDevices,
      limits: { ...limits, memoryBytes: memoryBytesOf(request) },
      ...(ssh !== null && {
        ssh: { ...ssh, access: await findSshAccess(database.read, request.clusterId) },
      }),
    };
    const path = join(directory, 'cluster.json');
    // An agent may ask for it at any moment.
    await writeFile(`${path}.new`, JSON.stringify(file), { mode: 0o600 });
    await rename(`${path}.new`, path);
  }
}
