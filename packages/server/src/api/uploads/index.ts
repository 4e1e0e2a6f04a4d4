import { setTimeout as sleep } from 'node:timers/promises';
import type { Route } from '../../http/route.ts';
import type { FilesContext } from '../files/context.ts';
import type { UploadsContext } from './context.ts';
import { create } from './create.ts';
import { deleteOne } from './delete.ts';
import { discoveryHeaders } from './discovery.ts';
import { finish } from './finish.ts';
import { get } from './get.ts';
import { list } from './list.ts';
import { partDigests } from './part-digests.ts';
import { PartLocks } from './part-locks.ts';
import { patch } from './patch.ts';
import type { TusEngine } from './tus-engine.ts';
import { expireUploads, mendUploads, type OnFailure, sweepStaged } from './upkeep.ts';

/** Longer than a disk takes to sync what has arrived. */
const IDLE_MILLISECONDS = 15_000;

export interface Uploads {
  routes: Route[];
  /** Gives up uploads for which nothing came for too long; answers how many. `mend` may yet be at those it spares. */
  expire(options: { fail: OnFailure; sparesComplete: boolean }): Promise<number>;
  /** Makes files of uploads whose last byte came just before a crash. */
  mend(): Promise<void>;
  /** Removes bytes that belong to no upload; answers of how many. */
  sweep(): Promise<number>;
  /**
   * Resolves when no request is at work on an upload any more, or after a while: what is left then is hashing, which is
   * done again. To be called when no new requests can come.
   */
  whenIdle(): Promise<void>;
}

/** Resumable uploads. */
export function createUploads(files: FilesContext): Uploads {
  const context: UploadsContext = {
    ...files,
    locks: new PartLocks(),
    finishing: new Map(),
    creating: new Set(),
    engine: lateEngine(() => context),
    discovery: { optionsHeaders: discoveryHeaders(files.uploadBytes) },
  };
  return {
    routes: [
      list(context),
      create(context),
      get(context),
      patch(context),
      deleteOne(context),
      finish(context),
      partDigests(context),
    ],
    expire: (options) => expireUploads(context, options),
    mend: () => mendUploads(context),
    sweep: () => sweepStaged(context),
    whenIdle: async () => {
      const late = new AbortController();
      const { signal } = late;
      const waiting = sleep(IDLE_MILLISECONDS, undefined, { signal, ref: false }).catch(() => undefined);
      await Promise.race([context.locks.whenFree(), waiting]);
      late.abort();
    },
  };
}

/** The library that speaks the protocol comes with the first upload: forty modules, which a start can do without. */
function lateEngine(contextOf: () => UploadsContext): TusEngine {
  let engine: Promise<TusEngine> | null = null;
  return {
    serve: async (...request) => {
      engine ??= import('./engine.ts').then(({ createEngine }) => createEngine(contextOf()));
      return (await engine).serve(...request);
    },
  };
}
