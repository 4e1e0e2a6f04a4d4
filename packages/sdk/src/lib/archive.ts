/** Several files as one zip or tar, written by the platform while it is read. */
import type { downloadFilesArchive, downloadJobArchive, QueryFor } from '@quarry/contract';
import { fillPath, formatQuery } from '../path.ts';
import type { Transport } from '../transport.ts';
import { type DownloadOptions, downloadFrom } from './download.ts';

type Bytes = Omit<DownloadOptions, 'range'>;
type JobArchiveQuery = Omit<QueryFor<typeof downloadJobArchive>, 'ticket'>;
type FilesArchiveQuery = Omit<QueryFor<typeof downloadFilesArchive>, 'ticket' | 'ids'>;

/** What goes into the archive of a job, and how it comes. */
export type JobArchiveOptions = JobArchiveQuery & Bytes;
/** How the archive of several files comes. */
export type FilesArchiveOptions = FilesArchiveQuery & Bytes;

export function downloadArchiveOfJob(
  transport: Transport,
  jobId: string,
  { format, run, search, ...options }: JobArchiveOptions,
): Promise<Response> {
  const path = fillPath('/api/v2/jobs/:jobId/archive/', { jobId });
  return downloadFrom(transport, path + formatQuery({ format, run, search }), options);
}

export function downloadArchiveOfFiles(
  transport: Transport,
  fileIds: readonly string[],
  { format, ...options }: FilesArchiveOptions,
): Promise<Response> {
  return downloadFrom(
    transport,
    `/api/v2/files/archive/${formatQuery({ ids: fileIds.join(','), format })}`,
    options,
  );
}
