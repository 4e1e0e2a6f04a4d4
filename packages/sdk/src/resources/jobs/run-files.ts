import type {
  DirectoryEntry,
  FileObject,
  findInRunFile,
  getRunLineIndex,
  LineIndex,
  listRunDirectory,
  listRunFiles,
  MatchesInFile,
  QueryFor,
  tailRunFile,
} from '@quarry/contract';
import type { CallOptions } from '../../call-options.ts';
import { type FileEvent, type FollowFileOptions, followFile } from '../../lib/follow-file.ts';
import type { Listing } from '../../pagination.ts';
import type { TailOptions } from './options.ts';
import { JobRuns } from './runs.ts';

/** Files of runs, while they execute and afterwards. Part of `client.jobs`. */
export class JobRunFiles extends JobRuns {
  /** Output files of one run. */
  runFiles(
    jobId: string,
    runId: string,
    query: QueryFor<typeof listRunFiles> = {},
    call: CallOptions = {},
  ): Listing<FileObject> {
    const input = { params: { jobId, runId }, query, ...call };
    return this.transport.list<typeof listRunFiles>('/api/v2/jobs/:jobId/runs/:runId/files/', input);
  }

  /**
   * Files in the work directory of a run; while it executes, or while that is kept because it was cut off. Quarry servers tell
   * the outputs of one that has ended.
   */
  runDirectory(jobId: string, runId: string, call: CallOptions = {}): Promise<DirectoryEntry[]> {
    const input = { params: { jobId, runId }, ...call };
    return this.transport.send<typeof listRunDirectory>(
      'GET',
      '/api/v2/jobs/:jobId/runs/:runId/directory-contents/',
      input,
    );
  }

  /** The last lines of a file of a run, without line ends; as long as `runDirectory` lists it. */
  async tail(jobId: string, runId: string, path: string, options: TailOptions = {}): Promise<string[]> {
    const { lines = 100, ...call } = options;
    const input = { params: { jobId, runId, '*': path }, query: { lines }, ...call };
    return (
      await this.transport.send<typeof tailRunFile>('GET', '/api/v2/jobs/:jobId/runs/:runId/tail/*', input)
    ).lines;
  }

  /**
   * Where in a file of a run a text stands: in the work directory while it executes, among its outputs after that; `next` says
   * where to go on. An extension of Quarry servers, as is `runFileLineIndex`.
   */
  findInRunFile(
    jobId: string,
    runId: string,
    path: string,
    query: QueryFor<typeof findInRunFile>,
    call: CallOptions = {},
  ): Promise<MatchesInFile> {
    const input = { params: { jobId, runId, '*': path }, query, ...call };
    return this.transport.send<typeof findInRunFile>('GET', '/api/v2/jobs/:jobId/runs/:runId/find/*', input);
  }

  /** Where the lines of a file of a run begin, each `every` of them. */
  runFileLineIndex(
    jobId: string,
    runId: string,
    path: string,
    { every, ...call }: QueryFor<typeof getRunLineIndex> & CallOptions = {},
  ): Promise<LineIndex> {
    const input = { params: { jobId, runId, '*': path }, query: { every }, ...call };
    return this.transport.send<typeof getRunLineIndex>(
      'GET',
      '/api/v2/jobs/:jobId/runs/:runId/line-index/*',
      input,
    );
  }

  /**
   * What is written to a file of a run, as it is written, until the run has ended; each byte once, also when connections break
   * or the platform is away for up to five minutes. A run that has ended gives the file that it left, then its end. A
   * `NotFoundError` when there is no such run, or it has ended without the file. An extension of Quarry servers.
   */
  followFile(
    jobId: string,
    runId: string,
    path: string,
    options: FollowFileOptions = {},
  ): AsyncGenerator<FileEvent, void, undefined> {
    return followFile(this.transport, { jobId, runId, path }, options);
  }
}
