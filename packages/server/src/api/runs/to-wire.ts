import { RUN_TYPE, type Run } from '@quarry/contract';
import type { Selectable } from 'kysely';
import type { RunRow } from '../../db/tables.ts';

export function runToWire(row: Selectable<RunRow>): Run {
  return {
    id: String(row.number),
    displayOrder: row.number,
    type: RUN_TYPE.case,
    parent: null,
    dateStarted: row.date_started,
    dateCompleted: row.date_completed,
    isOptimal: false,
    outputFileCount: row.output_count,
    outputFileSize: row.output_bytes,
    variables: [],
    outcome: row.outcome as Run['outcome'],
    failure: row.failure === null ? null : JSON.parse(row.failure),
    exitCode: row.exit_code,
  };
}
