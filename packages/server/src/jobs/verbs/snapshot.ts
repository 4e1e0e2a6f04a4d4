import { RUN_TYPE, type SnapshotKind } from '@quarry/contract';
import { type Caller, person } from '../../access/caller.ts';
import { findJob } from '../../db/queries/find-job.ts';
import { findRun } from '../../db/queries/find-runs.ts';
import { recordEvent } from '../../db/queries/record-event.ts';
import { findPendingSnapshot, insertSnapshot } from '../../db/queries/snapshots.ts';
import { newId } from '../../ids.ts';
import { conflict, refused } from '../../problems.ts';
import { readDefinition } from '../definition/stored.ts';
import type { Domain } from './domain.ts';

/** A snapshot that somebody wants. */
export interface RequestedSnapshot {
  id: string;
  jobId: string;
  runNumber: number;
}

/** Asks for a snapshot of a run that executes, or for the one that is being made; it is to be begun when the write is durable. */
export async function requestSnapshot(
  { queries, clock }: Pick<Domain, 'queries' | 'clock'>,
  actor: Caller,
  { jobId, runId, kind }: { jobId: string; runId: string; kind: SnapshotKind },
): Promise<RequestedSnapshot> {
  const job = await findJob(queries, actor, jobId);
  const run = await findRun(queries, job.id, runId);
  if (run.date_started === null || run.outcome !== null || run.type === RUN_TYPE.optimization) {
    throw conflict(`Run ${runId} is not executing, so there is nothing that changes.`, {
      code: 'run_not_executing',
      hint: 'Ask while its commands execute; what a run that has ended leaves is at jobs/{id}/files/.',
    });
  }
  if (kind === 'checkpoint' && readDefinition(job.definition).checkpoints.length === 0) {
    throw refused('The job names no checkpoints.', {
      code: 'no_checkpoints',
      hint: 'Name the files from which a run can go on by checkpoints of the job before it is submitted, or take a snapshot.',
    });
  }
  const of = { jobId: job.id, runNumber: run.number };
  const pending = await findPendingSnapshot(queries, of);
  if (pending !== undefined) {
    if (pending.kind !== kind) {
      throw conflict(`A ${pending.kind} of run ${runId} is being taken.`, {
        code: 'snapshot_under_way',
        hint: 'One is taken at a time of each run: ask again when it is there (runs/{n}/snapshots/).',
      });
    }
    return { ...of, id: pending.id };
  }
  const id = newId();
  const at = clock.now();
  await insertSnapshot(queries, {
    id,
    job_id: job.id,
    run_number: run.number,
    kind,
    cause: 'request',
    state: 'pending',
    date_requested: at,
  });
  await recordEvent(queries, {
    at,
    actorId: person(actor).userId,
    subject: `job:${job.id}`,
    verb: 'snapshot_requested',
    detail: { run: run.number, kind },
  });
  return { ...of, id };
}
