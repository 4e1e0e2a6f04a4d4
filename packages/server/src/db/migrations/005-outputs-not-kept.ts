import { type Kysely, sql } from 'kysely';

interface Row {
  job_id: string;
  number: number;
  skipped: string;
}

const ROWS_AT_ONCE = 500;
/** How the list of an earlier version ended when there was more than it has. */
const REST = /^(\d+) more could not be kept$/;

/** How many things a run left that could not be kept, and how far the collection of its outputs is. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`ALTER TABLE runs ADD COLUMN skipped_count bigint NOT NULL DEFAULT 0`.execute(db);
  await sql`ALTER TABLE runs ADD COLUMN collecting text`.execute(db);
  for (let after = { job_id: '', number: 0 }; ; ) {
    const { rows } = await sql<Row>`SELECT job_id, number, skipped FROM runs
      WHERE skipped <> '[]' AND (job_id > ${after.job_id} OR (job_id = ${after.job_id} AND number > ${after.number}))
      ORDER BY job_id, number LIMIT ${ROWS_AT_ONCE}`.execute(db);
    for (const row of rows) {
      await sql`UPDATE runs SET skipped_count = ${countOf(row.skipped)}
        WHERE job_id = ${row.job_id} AND number = ${row.number}`.execute(db);
    }
    if (rows.length < ROWS_AT_ONCE) {
      break;
    }
    after = rows.at(-1)!;
  }
  await sql`CREATE INDEX runs_skipped_index ON runs (job_id, number, skipped_count) WHERE skipped_count > 0`.execute(
    db,
  );
}

function countOf(skipped: string): number {
  const entries = JSON.parse(skipped) as Array<{ reason: string }>;
  const rest = REST.exec(entries.at(-1)?.reason ?? '')?.[1];
  return rest === undefined ? entries.length : entries.length - 1 + Number(rest);
}
