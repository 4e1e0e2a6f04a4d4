import { useEffect, useState } from 'react';
import { useUploads } from '../../api/uploads.ts';
import { listAt } from './fields.ts';
import type { JobDocument } from './use-job-document.ts';

/** Uploads that were begun in the form: each becomes an input of its tile when it has arrived. */
export function useJobInputs(job: JobDocument) {
  const uploads = useUploads();
  const [own, setOwn] = useState<ReadonlyMap<number, number>>(new Map());
  const arrived = uploads.filter(({ key, fileId }) => own.has(key) && fileId !== null);

  // biome-ignore lint/correctness/useExhaustiveDependencies: each arrival is taken once
  useEffect(() => {
    if (arrived.length === 0) {
      return;
    }
    const byTile = Map.groupBy(arrived, ({ key }) => own.get(key)!);
    for (const [tile, files] of byTile) {
      const at = ['jobanalyses', tile, 'inputFiles'] as const;
      const added = files.map(({ fileId }) => ({ id: fileId!, decompress: true }));
      job.set(at, [...listAt(job.document, at), ...added]);
    }
    setOwn(
      (current) => new Map([...current].filter(([key]) => !arrived.some((upload) => upload.key === key))),
    );
  }, [arrived.length]);

  const isUploading = uploads.some(
    ({ key, state }) => own.has(key) && (state === 'waiting' || state === 'sending'),
  );
  const take = (tile: number, keys: readonly number[]) =>
    setOwn((current) => new Map([...current, ...keys.map((key) => [key, tile] as const)]));
  return { isUploading, take };
}
