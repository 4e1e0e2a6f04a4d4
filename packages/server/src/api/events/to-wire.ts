import type { PlatformEvent } from '@quarry/contract';
import type { Instant } from '../../clock.ts';
import type { StreamEntry, StreamJob, StreamPlace } from '../../db/queries/event-pages.ts';
import { readState } from '../../jobs/life/store.ts';
import { eventToWire } from '../events-log/to-wire.ts';
import { jobStatusToWire, progressToWire } from '../jobs/to-wire.ts';

const ID = /^(\d{1,15})\.(\d{1,15})$/;

/** A place in the stream as clients send it back. */
export function placeToWire({ event, status }: StreamPlace): string {
  return `${event}.${status}`;
}

/** Null for what no server has given. */
export function placeOf(id: string): StreamPlace | null {
  const found = ID.exec(id);
  return found && { event: Number(found[1]), status: Number(found[2]) };
}

export function entryToWire(entry: StreamEntry): PlatformEvent {
  const id = placeToWire(entry.place);
  const job = entry.job && jobToWire(entry.job);
  if (entry.kind === 'logged') {
    return { ...eventToWire(entry.row), id, job };
  }
  const { row } = entry;
  const subject = { type: 'job', id: row.job_id };
  const base = { id, date: row.status_date, actor: null, subject, job };
  const detail = jobStatusToWire(row);
  if (row.status !== 'Completed') {
    return { ...base, verb: 'status', detail };
  }
  const state = readState(entry.job!.state);
  // A job that was taken up again since has no outcome now.
  const isCurrent = entry.isLatest && state.phase === 'completed';
  const { outcome, failure } = isCurrent ? state : { outcome: null, failure: null };
  const progress = isCurrent ? progressToWire(state) : null;
  return { ...base, verb: 'ended', detail: { ...detail, outcome, failure, progress } };
}

export function progressNewsToWire(job: StreamJob, date: Instant): PlatformEvent {
  return {
    id: null,
    date,
    actor: null,
    subject: { type: 'job', id: job.id },
    verb: 'progress',
    job: jobToWire(job),
    detail: { ...progressToWire(readState(job.state)) },
  };
}

function jobToWire({ id, name, projectId, owner }: StreamJob): NonNullable<PlatformEvent['job']> {
  return { id, name, projectId, owner };
}
