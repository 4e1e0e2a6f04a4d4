import { watchJob } from '@quarry/contract';
import { findJob, type JobWithOwner } from '../../db/queries/find-job.ts';
import { listJobStatuses } from '../../db/queries/list-statuses.ts';
import type { EventStream, ServerSentEvent } from '../../http/event-stream.ts';
import { Answer, type Call, route } from '../../http/route.ts';
import type { JobChanges, Watch } from '../../jobs/life/job-changes.ts';
import { readState } from '../../jobs/life/store.ts';
import { LIMITS } from '../../limits.ts';
import type { JobsContext } from './context.ts';
import { jobStatusToWire, progressToWire } from './to-wire.ts';

/** Between two looks at a job of whose runs many end: their counts are sent no more often. */
const PROGRESS_MS = 250;
const RETRY_MS = 1000;
const STREAM = {
  heartbeatSeconds: LIMITS.eventHeartbeatSeconds,
  stallSeconds: LIMITS.eventStallSeconds,
  retryMs: RETRY_MS,
};

export const events = (context: JobsContext) =>
  route(watchJob, async (call) => {
    const { database, jobChanges, waitSlots } = context;
    const { jobId } = call.params;
    await findJob(database.read, call.caller, jobId);
    using held = new DisposableStack();
    const watch = held.use(jobChanges.watch(jobId));
    if (call.method !== 'HEAD') {
      held.use(waitSlots.take(call.caller));
    }
    const reader = new Reader(context, call);
    const kept = held.move();
    return Answer.events({
      options: STREAM,
      tell: (stream) => tellReader(reader, stream, { watch, jobChanges }),
      close: () => kept.dispose(),
    });
  });

/** Tells a reader what happens to a job, until it has ended or one of them is gone. */
async function tellReader(
  reader: Reader,
  stream: EventStream,
  { watch, jobChanges }: { watch: Watch; jobChanges: JobChanges },
): Promise<void> {
  while (!stream.gone.aborted && !jobChanges.isClosed) {
    const lookedAt = performance.now();
    const fresh = await reader.look();
    // The job, or the right to see it, has gone: the client learns why when it comes again.
    if (fresh === null) {
      return;
    }
    await stream.send(fresh);
    if (fresh.at(-1)?.type === 'end') {
      return;
    }
    const wait = { signal: stream.gone, deadline: performance.now() + STREAM.heartbeatSeconds * 1000 };
    if ((await watch.next(wait)) === 'progress') {
      await watch.next({ ...wait, least: 'status', deadline: lookedAt + PROGRESS_MS });
    }
  }
}

/** Knows what one reader was told of a job. */
class Reader {
  readonly #context: JobsContext;
  readonly #call: Call<typeof watchJob>;
  /** The newest row of the history that was told. */
  #told: string | undefined;
  #progress = 'null';

  constructor(context: JobsContext, call: Call<typeof watchJob>) {
    this.#context = context;
    this.#call = call;
    this.#told = call.headers['last-event-id']?.toString();
  }

  /** What is new since the last look, oldest first; null when there is nothing to be seen any more. */
  async look(): Promise<ServerSentEvent[] | null> {
    const { params } = this.#call;
    const { read } = this.#context.database;
    let job: JobWithOwner;
    try {
      const caller = await this.#call.authenticateAgain();
      job = await findJob(read, caller, params.jobId);
    } catch {
      return null;
    }
    // Read after the job: the history of a job that has ended holds its end.
    const rows = await listJobStatuses(read, job.id);
    const known = rows.findIndex(({ id }) => id === this.#told);
    const fresh = (known < 0 ? rows : rows.slice(0, known)).toReversed();
    this.#told = rows[0]?.id ?? this.#told;
    const found: ServerSentEvent[] = fresh.map((row) => ({
      type: 'status',
      id: row.id,
      data: jobStatusToWire(row),
    }));
    const state = readState(job.state);
    const progress = progressToWire(state);
    const text = JSON.stringify(progress);
    if (text !== this.#progress) {
      found.push({ type: 'progress', data: progress });
    }
    this.#progress = text;
    if (state.phase === 'completed') {
      found.push({ type: 'end', data: { outcome: state.outcome, failure: state.failure } });
    }
    return found;
  }
}
