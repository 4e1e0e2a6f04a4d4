import { useEffect } from 'react';
import { useUploads } from '../../api/uploads.ts';
import { createStore, useStore } from '../../ui/store.ts';
import { listAt } from './fields.ts';
import type { JobDocument } from './use-job-document.ts';

/** The tiles of uploads by their keys. Not of the page: who leaves it and comes back finds the draft, and what has arrived meanwhile. */
const own = createStore<ReadonlyMap<number, number>>(new Map());

/** Uploads that are under way are for no job any more. */
export function letGoOfUploads(): void {
  own.set(new Map());
}

/** Uploads that were begun in the form: each becomes an input of its tile when it has arrived. */
export function useJobInputs(job: JobDocument) {
  const uploads = useUploads();
  const tiles = useStore(own);
  const arrived = uploads.filter(({ key, fileId }) => tiles.has(key) && fileId !== null);

  // biome-ignore lint/correctness/useExhaustiveDependencies: each arrival is taken once
  useEffect(() => {
    const left = own.get();
    const byTile = Map.groupBy(
      arrived.filter(({ key }) => left.has(key)),
      ({ key }) => left.get(key)!,
    );
    if (byTile.size === 0) {
      return;
    }
    for (const [tile, files] of byTile) {
      const at = ['jobanalyses', tile, 'inputFiles'] as const;
      const added = files.map(({ fileId }) => ({ id: fileId!, decompress: true }));
      job.set(at, [...listAt(job.document, at), ...added]);
    }
    own.set(new Map([...left].filter(([key]) => !arrived.some((upload) => upload.key === key))));
  }, [arrived.map(({ key }) => key).join()]);

  const isUploading = uploads.some(
    ({ key, state }) => tiles.has(key) && (state === 'waiting' || state === 'sending'),
  );
  const take = (tile: number, keys: readonly number[]) =>
    own.set(new Map([...own.get(), ...keys.map((key) => [key, tile] as const)]));
  return { isUploading, take };
}
