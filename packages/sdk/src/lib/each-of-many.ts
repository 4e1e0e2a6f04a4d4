import type {
  DeletedFiles,
  DeletedJobs,
  deleteFile,
  deleteFiles,
  deleteJob,
  deleteJobs,
  RefusedItem,
} from '@quarry/contract';
import type { CallOptions } from '../call-options.ts';
import { ApiError } from '../errors.ts';
import type { Transport } from '../transport.ts';
import { isMissingAddress } from './missing-address.ts';

/** As many as the platform takes in one request. */
const AT_ONCE = 1000;

/** Jobs that are deleted by themselves: what is refused for one is done to the others. */
export async function deleteJobsEach(
  transport: Transport,
  jobIds: readonly string[],
  { deleteInputFiles = false, ...call }: CallOptions & { deleteInputFiles?: boolean },
): Promise<DeletedJobs> {
  return together(
    jobIds,
    (jobs) => {
      const input = { body: { jobs, deleteInputFiles }, ...call };
      return transport.send<typeof deleteJobs>('POST', '/api/v2/jobs/delete/', input);
    },
    async (jobId) => {
      const input = {
        params: { jobId },
        query: { deleteInputFiles: deleteInputFiles || undefined },
        ...call,
      };
      await transport.send<typeof deleteJob>('DELETE', '/api/v2/jobs/:jobId/', input);
    },
    (deleted, refused) => ({ deleted, tasks: [], unchanged: [], refused }),
  );
}

/** The same for files. */
export async function deleteFilesEach(
  transport: Transport,
  fileIds: readonly string[],
  call: CallOptions,
): Promise<DeletedFiles> {
  return together(
    fileIds,
    (files) => {
      const input = { body: { files }, ...call };
      return transport.send<typeof deleteFiles>('POST', '/api/v2/files/delete/', input);
    },
    async (fileId) => {
      const input = { params: { fileId }, ...call };
      await transport.send<typeof deleteFile>('DELETE', '/api/v2/files/:fileId/', input);
    },
    (deleted, refused) => ({ deleted, unchanged: [], refused }),
  );
}

/** In as few requests as there may be, or one by one on platforms that have no such request. */
async function together<Answer extends Record<string, unknown[]>>(
  ids: readonly string[],
  askAtOnce: (piece: string[]) => Promise<Answer>,
  askFor: (id: string) => Promise<void>,
  toAnswer: (done: string[], refused: RefusedItem[]) => Answer,
): Promise<Answer> {
  const all = toAnswer([], []);
  try {
    for (let begin = 0; begin < ids.length; begin += AT_ONCE) {
      for (const [name, items] of Object.entries(await askAtOnce(ids.slice(begin, begin + AT_ONCE)))) {
        all[name]?.push(...items);
      }
    }
    return all;
  } catch (error) {
    if (!isMissingAddress(error)) {
      throw error;
    }
  }
  const done: string[] = [];
  const refused: RefusedItem[] = [];
  for (const id of new Set(ids)) {
    try {
      await askFor(id);
      done.push(id);
    } catch (error) {
      refused.push(toRefused(id, error));
    }
  }
  return toAnswer(done, refused);
}

/** What is about one of them; whatever else goes wrong is thrown. */
function toRefused(id: string, error: unknown): RefusedItem {
  if (!(error instanceof ApiError) || ![400, 403, 404, 409].includes(error.status)) {
    throw error;
  }
  const code = error.code ?? (error.status === 404 ? 'not_found' : 'refused');
  return { id, code, detail: error.detail ?? error.message, hint: error.hint ?? null };
}
