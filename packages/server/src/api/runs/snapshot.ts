import { takeRunSnapshot } from '@quarry/contract';
import { findLatestSnapshot } from '../../db/queries/snapshots.ts';
import { route } from '../../http/route.ts';
import { requestSnapshot } from '../../jobs/verbs/snapshot.ts';
import type { JobsContext } from '../jobs/context.ts';
import { snapshotEnded } from './snapshot-ended.ts';
import { snapshotToWire } from './snapshot-to-wire.ts';

const EXIT_CODES = { pending: null, done: 0, failed: 1 };

export const snapshot = (context: JobsContext) =>
  route(takeRunSnapshot, async (call) => {
    const { database, domain, snapshots } = context;
    const { kind, waitSeconds } = call.body;
    const requested = await database.write((queries) =>
      requestSnapshot({ ...domain, queries }, call.caller, { ...call.params, kind }),
    );
    // Also one that was asked for before, in case it could not be recorded how that ended.
    snapshots.begin(requested.id);
    const row = await snapshotEnded(context, call, requested, waitSeconds);
    const latest = await findLatestSnapshot(database.read, requested);
    return {
      data: snapshotToWire(row),
      exitcode: EXIT_CODES[row.state],
      lastSnapshotID: latest?.file_id ?? null,
      reason:
        row.state === 'pending' ? 'It is still being made: see snapshots/ of the run.' : (row.reason ?? ''),
    };
  });
