import type {
  getJobResponseSurface,
  getJobResults,
  getJobSensitivity,
  ResponseSurface,
  ResultFormat,
  ResultsTable,
  Sensitivity,
} from '@quarry/contract';
import { downloadResults, listedColumns, type ResultsDownloadOptions } from '../../lib/results.ts';
import type { ResponseSurfaceOptions, ResultsOptions, SensitivityOptions } from './options.ts';
import { JobRunFiles } from './run-files.ts';

/** What came out of a sweep. Part of `client.jobs`. */
export class JobResults extends JobRunFiles {
  /**
   * A sweep as one table with a row for each run; see `toRecords` for objects. `since`, the mark of an earlier table, answers
   * only runs that have changed after it: see `mergeResults`. An extension of Quarry servers, as is all that follows.
   */
  results(
    jobId: string,
    options?: ResultsOptions & { format?: 'json'; since?: string },
  ): Promise<ResultsTable>;
  /** The table as the text of a CSV file, with a header. */
  results(jobId: string, options: ResultsOptions & { format: 'csv' }): Promise<string>;
  /** The table as the bytes of a Parquet file. */
  results(jobId: string, options: ResultsOptions & { format: 'parquet' }): Promise<Uint8Array>;
  async results(
    jobId: string,
    {
      format = 'json',
      since,
      columns,
      ...call
    }: ResultsOptions & { format?: ResultFormat; since?: string } = {},
  ): Promise<ResultsTable | string | Uint8Array> {
    const chosen = columns === undefined ? {} : { columns };
    if (format === 'csv') {
      return (await this.downloadResults(jobId, { format, ...chosen, ...call })).text();
    }
    if (format === 'parquet') {
      const file = await this.downloadResults(jobId, { format, ...chosen, ...call });
      return new Uint8Array(await file.arrayBuffer());
    }
    const query = { format, since, ...listedColumns(columns) };
    const input = { params: { jobId }, query, ...call };
    return this.transport.send<typeof getJobResults>('GET', '/api/v2/jobs/:jobId/results/', input);
  }

  /** The table as a CSV or Parquet file, to be streamed. */
  downloadResults(jobId: string, options: ResultsDownloadOptions): Promise<Response> {
    return downloadResults(this.transport, jobId, options);
  }

  /** How an output of a sweep depends on its inputs, by the best method that the job's design allows or the one named. */
  sensitivity(jobId: string, options: SensitivityOptions = {}): Promise<Sensitivity> {
    const { output, method, ...call } = options;
    const input = { params: { jobId }, query: { output, method }, ...call };
    return this.transport.send<typeof getJobSensitivity>('GET', '/api/v2/jobs/:jobId/sensitivity/', input);
  }

  /** A polynomial of degree 1 to 3 fitted to an output of a sweep. */
  responseSurface(jobId: string, options: ResponseSurfaceOptions = {}): Promise<ResponseSurface> {
    const { output, degree, interactions, ...call } = options;
    const input = { params: { jobId }, query: { output, degree, interactions }, ...call };
    return this.transport.send<typeof getJobResponseSurface>(
      'GET',
      '/api/v2/jobs/:jobId/response-surface/',
      input,
    );
  }
}
