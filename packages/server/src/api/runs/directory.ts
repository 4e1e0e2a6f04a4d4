import { type DirectoryEntry, listRunDirectory } from '@quarry/contract';
import { formatInstant } from '../../clock.ts';
import { type Call, route } from '../../http/route.ts';
import { LIMITS } from '../../limits.ts';
import { listRun } from '../../run-files/list.ts';
import type { ListedEntry } from '../../run-files/run-files.ts';
import type { JobsContext } from '../jobs/context.ts';

export const directory = ({ files }: JobsContext) =>
  route(listRunDirectory, async (call): Promise<DirectoryEntry[]> => {
    const { caller, params, signal } = call;
    const { entries, isWhole } = await listRun(files, { caller, ...params }, signal);
    if (!isWhole) {
      call.warn(
        `The directory is larger than what is listed: ${LIMITS.directoryEntries} files, found among ${LIMITS.directoryWalk} entries, with paths of ${LIMITS.directoryPathBytes} bytes together.`,
      );
    }
    return entries
      .filter(({ type }) => call.query.all || type === 'file')
      .sort((a, b) => (a.path < b.path ? -1 : 1))
      .map((entry) => entryToWire(call, entry));
  });

function entryToWire(
  { params: { jobId, runId } }: Pick<Call<typeof listRunDirectory>, 'params'>,
  { path, type, sizeBytes, modifiedAt }: ListedEntry,
): DirectoryEntry {
  const run = `/api/jobs/${jobId}/runs/${runId}`;
  return {
    path,
    resource:
      type === 'file'
        ? `${run}/tail/${path.split('/').map(encodeURIComponent).join('/')}`
        : `${run}/directory-contents/`,
    type,
    sizeBytes,
    dateModified: modifiedAt === null ? null : formatInstant(modifiedAt.getTime() * 1000),
  };
}
