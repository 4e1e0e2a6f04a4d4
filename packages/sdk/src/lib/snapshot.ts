import type { BodyFor, listRunSnapshots, Snapshot, takeRunSnapshot } from '@quarry/contract';
import type { CallOptions } from '../call-options.ts';
import { delay } from '../delay.ts';
import { QuarryError } from '../errors.ts';
import { WAIT_FIRST_INTERVAL_MS, WAIT_LONGEST_INTERVAL_MS } from '../limits.ts';
import type { Transport } from '../transport.ts';

export interface SnapshotOptions extends CallOptions {
  /** `checkpoint` takes only what the job names as checkpoints; `snapshot` when absent. */
  kind?: 'snapshot' | 'checkpoint';
  /** How long the platform waits for it, in seconds; 20 when absent. */
  waitSeconds?: number;
  /** Waits until it is there or has failed, however long that takes. */
  wait?: boolean;
}

const GROWTH = 1.5;

/** Asks for a snapshot of a run, and with `wait` looks again and again until it has ended. */
export async function takeSnapshot(
  transport: Transport,
  params: { jobId: string; runId: string },
  { kind, waitSeconds, wait = false, ...call }: SnapshotOptions,
): Promise<Snapshot> {
  const body: BodyFor<typeof takeRunSnapshot> = {
    ...(kind !== undefined && { kind }),
    ...(waitSeconds !== undefined && { waitSeconds }),
  };
  const path = '/api/v2/jobs/:jobId/runs/:runId/snapshot/';
  const { data } = await transport.send<typeof takeRunSnapshot>('POST', path, { params, body, ...call });
  let snapshot = data;
  for (let pauseMs = WAIT_FIRST_INTERVAL_MS; wait && snapshot.status === 'pending'; pauseMs *= GROWTH) {
    await delay(Math.min(pauseMs, WAIT_LONGEST_INTERVAL_MS), call.signal);
    snapshot = await findSnapshot(transport, params, snapshot.id, call);
  }
  return snapshot;
}

async function findSnapshot(
  transport: Transport,
  params: { jobId: string; runId: string },
  id: string,
  call: CallOptions,
): Promise<Snapshot> {
  const listing = transport.list<typeof listRunSnapshots>('/api/v2/jobs/:jobId/runs/:runId/snapshots/', {
    params,
    ...call,
  });
  for await (const snapshot of listing) {
    if (snapshot.id === id) {
      return snapshot;
    }
  }
  throw new QuarryError(`The snapshot ${id} was deleted while it was waited for.`);
}
