import { after, type Clock } from '../../clock.ts';
import type { Queries } from '../../db/database.ts';
import {
  changePersistent,
  findPersistentRow,
  lastPersistentDate,
  writePersistentStatus,
} from '../../db/queries/persistent-clusters.ts';
import type { PersistentClusterRow } from '../../db/tables.ts';
import { newId } from '../../ids.ts';
import { type ClusterEvent, type ClusterPhase, transition } from './state.ts';

/** Applies an event to a persistent cluster inside a write; answers whether it has changed anything. */
export async function applyToCluster(
  queries: Queries,
  clock: Clock,
  clusterId: string,
  event: ClusterEvent,
): Promise<boolean> {
  const row = (await findPersistentRow(queries, clusterId))!;
  const before = { phase: row.phase, ending: row.ending };
  const { state, rows } = transition(before, event);
  if (state === before) {
    return false;
  }
  // A history is read by its dates: it goes on behind its last one, also after a start with a clock that was set back.
  let date = await lastPersistentDate(queries, clusterId);
  for (const { status, reason } of rows) {
    date = after(date, clock.now());
    await writePersistentStatus(queries, {
      id: newId(),
      cluster_id: clusterId,
      status,
      status_date: date,
      status_reason: reason,
    });
  }
  const at = date ?? clock.now();
  await changePersistent(queries, clusterId, { ...state, ...datesOf(row, state.phase, at) });
  return true;
}

function datesOf(row: PersistentClusterRow, phase: ClusterPhase, at: string) {
  const entered = (wanted: ClusterPhase) => phase === wanted && row.phase !== wanted;
  return {
    ...(entered('queued') ? { date_submitted: at } : {}),
    ...(entered('queued') ? {} : { waiting: null }),
    ...(entered('started') ? { date_started: at } : {}),
    ...(entered('stopped') ? { date_ended: at } : {}),
  };
}
