import { downloadJobArchive, FILE_TYPE } from '@quarry/contract';
import { readFilesOfJob } from '../../db/queries/files-of-job.ts';
import { findJob } from '../../db/queries/find-job.ts';
import { findRun } from '../../db/queries/find-runs.ts';
import { entriesOfJob } from '../../files/archive.ts';
import { route } from '../../http/route.ts';
import { readState } from '../../jobs/life/store.ts';
import { archiveAnswer } from './answer.ts';
import type { ArchivesContext } from './context.ts';

export const jobArchive = (context: ArchivesContext) =>
  route(downloadJobArchive, async (call) => {
    const { read } = context.database;
    const job = await findJob(read, call.caller, call.params.jobId);
    const { format, run, search } = call.query;
    const runNumber = run === undefined ? undefined : (await findRun(read, job.id, String(run))).number;
    if (readState(job.state).phase !== 'completed') {
      call.warn('The job has not ended: the archive has what it has put out so far.');
    }
    const name = `job_${job.id}`;
    const files = readFilesOfJob(read, { jobId: job.id, runNumber, search, typeId: FILE_TYPE.output });
    return archiveAnswer(context, { method: call.method, format, name }, entriesOfJob(name, files));
  });
