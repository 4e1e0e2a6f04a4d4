import type { createJob, getJob, listJobs, submitJob } from '@quarry/contract';
import { type Job, type JobSummary, type Listing, Quarry } from '@quarry/sdk';
import { expect, expectTypeOf, test } from 'vitest';

type Submit = typeof submitJob;
type Get = typeof getJob;
type Create = typeof createJob;
type List = typeof listJobs;

const { transport, jobs } = new Quarry({ baseUrl: 'http://127.0.0.1:9', maxRetries: 0 });

test('method, path, input and result of a call are checked when it is compiled', () => {
  const input = { params: { jobId: 'a' } };
  const calls = {
    good: () => transport.send<Submit>('POST', '/api/v2/jobs/:jobId/submit/', input),
    // @ts-expect-error: the path is mistyped
    path: () => transport.send<Submit>('POST', '/api/v2/jobs/:jobId/sumbit/', input),
    // @ts-expect-error: the method is another
    method: () => transport.send<Submit>('GET', '/api/v2/jobs/:jobId/submit/', input),
    // @ts-expect-error: the parameters are missing
    params: () => transport.send<Submit>('POST', '/api/v2/jobs/:jobId/submit/'),
    // @ts-expect-error: the parameter has another name
    name: () => transport.send<Get>('GET', '/api/v2/jobs/:jobId/', { params: { job: 'a' } }),
    // @ts-expect-error: the body is missing
    body: () => transport.send<Create>('POST', '/api/v2/jobs/'),
    // @ts-expect-error: lists are checked, too
    list: () => transport.list<List>('/api/v2/job/'),
    // @ts-expect-error: a job has analyses
    field: () => jobs.create({ name: 'n' }),
    // @ts-expect-error: there is no such state
    query: () => jobs.list({ state: 'done' }),
  };
  expectTypeOf(calls.good).returns.resolves.toEqualTypeOf<undefined>();
  expectTypeOf(jobs.get).returns.resolves.toEqualTypeOf<Job>();
  expectTypeOf(jobs.list).returns.toEqualTypeOf<Listing<JobSummary>>();
  expect(Object.keys(calls)).toContain('good');
});
