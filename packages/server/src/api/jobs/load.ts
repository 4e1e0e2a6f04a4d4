import { askServerLoad, listLoadMeasurements } from '@quarry/contract';
import { findJob } from '../../db/queries/find-job.ts';
import { route } from '../../http/route.ts';
import { LIMITS } from '../../limits.ts';
import { notFound } from '../../problems.ts';
import { sealQuestion } from '../tasks/question.ts';
import type { JobsContext } from './context.ts';
import { loadOfJob } from './load-of-job.ts';

const HOUR_MS = 3_600_000;
/** The finest that samples are, unless a site has them oftener. */
const FINEST_MS = 10_000;

export const loadMeasurements = ({ database: { read }, domain: { clock } }: JobsContext) =>
  route(listLoadMeasurements, async (call) => {
    const job = await findJob(read, call.caller, call.params.jobId);
    const toMs = Date.parse(clock.now());
    const lengthMs = (call.query.hours ?? 24) * HOUR_MS;
    const periodMs = Math.max(FINEST_MS, Math.ceil(lengthMs / LIMITS.loadMeasurements / 1000) * 1000);
    return loadOfJob(read, job, { fromMs: toMs - lengthMs, toMs, periodMs });
  });

export const serverLoad = ({ database: { read }, domain: { clock, secret } }: JobsContext) =>
  route(askServerLoad, async (call) => {
    const job = await findJob(read, call.caller, call.params.jobId);
    const { offset = 1, period = 60, p = 1 } = call.query;
    const periodMs = period * 1000;
    const toMs = Date.parse(clock.now());
    // Stretches end where they would for anybody else, so that a later page goes on where the one before has ended.
    const earliestMs = Math.max(toMs - offset * HOUR_MS, Date.parse(job.date_inserted));
    const fromMs = Math.floor(earliestMs / periodMs) * periodMs;
    const pageMs = LIMITS.loadMeasurements * periodMs;
    const totalPages = Math.max(1, Math.ceil((toMs - fromMs) / pageMs));
    if (p > totalPages) {
      throw notFound(`Invalid page: there is no page ${p}; there are ${totalPages}.`);
    }
    const begunAt = fromMs + (p - 1) * pageMs;
    const window = { fromMs: begunAt, toMs: Math.min(toMs, begunAt + pageMs), periodMs };
    const question = { kind: 'load', jobId: job.id, ...window } as const;
    return { token: sealQuestion(secret, { caller: call.caller, nowMs: toMs }, question), totalPages };
  });
