import { type FileObject, getFile } from '@quarry/contract';
import { findJobsOfFiles } from '../../db/queries/files-jobs.ts';
import { findVisibleFile } from '../../files/visibility.ts';
import { route } from '../../http/route.ts';
import type { FilesContext } from './context.ts';
import { fileToWire } from './to-wire.ts';

/** Name, size, checksums and other facts of a file. */
export const get = ({ database }: FilesContext) =>
  route(getFile, async (call): Promise<FileObject> => {
    const file = await findVisibleFile(database.read, call.caller, call.params.fileId);
    const { include_jobs: includeJobs, include_keys: includeKeys } = call.query;
    const jobs = includeJobs ? (await findJobsOfFiles(database.read, [file.id])).get(file.id) : undefined;
    return fileToWire(file, { baseUrl: call.baseUrl, version: call.version, includeKeys, jobs });
  });
