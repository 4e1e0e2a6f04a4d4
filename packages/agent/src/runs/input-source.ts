/** Where inputs come from whose paths cannot be seen: the server, by HTTP. */
import { closeSync, constants, fsyncSync, mkdirSync, openSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { ClusterFile, RunInput } from '@quarry/contract';
import { readServerUrl } from '../exchange/server-url.ts';
import type { StopSwitch } from './stop-switch.ts';

const { O_RDWR, O_CREAT } = constants;

/** What is to be known of the server, and of the place of its cluster. */
type Platform = Pick<ClusterFile, 'token' | 'serverUrl' | 'serverFile' | 'directory' | 'sharesFiles'>;

interface Kept {
  path: Promise<string>;
  /** Of the run that fetches it. */
  stop: StopSwitch;
}

/**
 * Fetches inputs. An agent that shares no disk with the server keeps each by its digest, so that it is fetched once for
 * all runs and attempts of the cluster; what is there after the death of an agent is whole, and goes on being used.
 */
export class InputSource {
  readonly #cluster: Platform;
  readonly #directory: string | null;
  readonly #kept = new Map<string, Kept>();

  constructor(cluster: Platform) {
    this.#cluster = cluster;
    this.#directory = cluster.sharesFiles === false ? join(cluster.directory, 'inputs') : null;
  }

  get token(): string {
    return this.#cluster.token;
  }

  /** Where the server gives the bytes of an input now. */
  urlOf(input: RunInput): string {
    if (this.#directory === null) {
      return input.url;
    }
    const base = (readServerUrl(this.#cluster) ?? this.#cluster.serverUrl).replace(/\/+$/, '');
    return `${base}/api/v2/files/${input.fileId}/contents/`;
  }

  /** Where an input is kept here, fetched if need be; null where none is kept. Rejects with a RunFailure, or when the run is stopped. */
  async keep(input: RunInput, stop: StopSwitch): Promise<string | null> {
    const directory = this.#directory;
    if (directory === null) {
      return null;
    }
    for (;;) {
      const kept = this.#kept.get(input.sha512) ?? this.#begin(input, directory, stop);
      try {
        return await unlessStopped(kept.path, stop);
      } catch (error) {
        // Another run began to fetch it and was stopped, which says nothing about this one.
        if (kept.stop.reason === null || stop.reason !== null) {
          throw error;
        }
      }
    }
  }

  #begin(input: RunInput, directory: string, stop: StopSwitch): Kept {
    const kept = { path: this.#fetch(input, directory, stop), stop };
    this.#kept.set(input.sha512, kept);
    kept.path.catch(() => this.#kept.delete(input.sha512));
    return kept;
  }

  async #fetch(input: RunInput, directory: string, stop: StopSwitch): Promise<string> {
    const path = join(directory, input.sha512);
    if (isThere(path)) {
      return path;
    }
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const partial = `${path}.partial`;
    const fd = openSync(partial, O_RDWR | O_CREAT, 0o600);
    try {
      const { downloadInput } = await import('./download.ts');
      await downloadInput(input, fd, { source: this, stop });
      fsyncSync(fd);
    } catch (error) {
      // What has come of it is gone on from by the next run that wants it, unless nobody can.
      if (stop.reason === null) {
        rmSync(partial, { force: true });
      }
      throw error;
    } finally {
      closeSync(fd);
    }
    renameSync(partial, path);
    return path;
  }
}

function isThere(path: string): boolean {
  try {
    closeSync(openSync(path, 'r'));
    return true;
  } catch {
    return false;
  }
}

/** A run that is stopped does not wait for what another one fetches. */
function unlessStopped<Result>(work: Promise<Result>, stop: StopSwitch): Promise<Result> {
  return new Promise((resolve, reject) => {
    const unsubscribe = stop.onRequest(() => reject(new Error('the run was stopped')));
    work.then(resolve, reject).finally(unsubscribe);
  });
}
