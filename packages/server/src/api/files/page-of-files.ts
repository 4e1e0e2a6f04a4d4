import type { FileObject, FileOrdering, Page } from '@quarry/contract';
import type { Database } from '../../db/database.ts';
import { findJobsOfFiles } from '../../db/queries/files-jobs.ts';
import * as files from '../../db/queries/files-list.ts';
import type { Call } from '../../http/route.ts';
import { notFound } from '../../problems.ts';
import { paginate } from '../paging.ts';
import { fileToWire } from './to-wire.ts';

type FileListCall = Pick<Call, 'version' | 'baseUrl' | 'url'> & {
  query: {
    page?: number;
    page_size?: number;
    search?: string;
    ordering?: FileOrdering;
    include_keys?: boolean;
    include_jobs?: boolean;
  };
};

/** A page of the files that match, ordered and shown as the query asks; lists of outputs use it, too. */
export async function pageOfFiles(
  database: Database,
  call: FileListCall,
  options: files.FileFilter & { nothing?: boolean },
): Promise<Page<FileObject>> {
  const {
    search,
    ordering = '-dateUploaded',
    include_keys: includeKeys,
    include_jobs: includeJobs,
  } = call.query;
  const { nothing = false, ...rest } = options;
  const filter: files.FileFilter = { ...rest, search };
  const order = toOrder(ordering);
  let jobs = new Map<string, { id: string; name: string }[]>();
  return await paginate<files.FileWithOwner, FileObject>(
    call,
    {
      count: async () => (nothing ? 0 : await files.countFiles(database.read, filter)),
      rows: async ({ limit, offset, after }) => {
        if (nothing) {
          return [];
        }
        const position = after === null ? { offset } : { after: splitKey(after, order.column) };
        const rows = await files.listFiles(database.read, filter, order, position, limit);
        if (includeJobs) {
          jobs = await findJobsOfFiles(
            database.read,
            rows.map(({ id }) => id),
          );
        }
        return rows;
      },
      keyOf: (row) => `${row[order.column]}~${row.id}`,
    },
    (file) =>
      fileToWire(file, {
        baseUrl: call.baseUrl,
        version: call.version,
        includeKeys,
        jobs: includeJobs ? jobs.get(file.id) : undefined,
      }),
  );
}

const SORT_COLUMNS = { dateUploaded: 'date_uploaded', name: 'name', decryptedSize: 'size_bytes' } as const;

function toOrder(ordering: FileOrdering): files.FileOrder {
  const descending = ordering.startsWith('-');
  const word = ordering.replace('-', '') as keyof typeof SORT_COLUMNS;
  return { column: SORT_COLUMNS[word], descending };
}

/** The sort value and the id of a key; a name may hold the separator, an id never does. */
function splitKey(key: string, column: files.FileSortColumn): { value: string | number; id: string } {
  const match = /^(.+)~([A-Za-z]+)$/s.exec(key);
  const value = column === 'size_bytes' ? Number(match?.[1]) : match?.[1];
  if (match === null || value === undefined || Number.isNaN(value)) {
    throw notFound('Invalid page: its link is damaged. Start again from page 1.');
  }
  return { value, id: match[2]! };
}
