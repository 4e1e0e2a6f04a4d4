import { type Kysely, sql } from 'kysely';

/** Clusters whose agents share no disk with the server, and the outputs that these have brought or are bringing. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('deliveries')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('cluster_id', 'text', (column) => column.notNull().references('clusters.id'))
    .addColumn('sha512', 'text', (column) => column.notNull())
    .addColumn('size_bytes', 'bigint', (column) => column.notNull())
    .addColumn('received_bytes', 'bigint', (column) => column.notNull())
    .addColumn('is_stored', 'bigint', (column) => column.notNull())
    .execute();
  await sql`CREATE UNIQUE INDEX deliveries_cluster_index ON deliveries (cluster_id, sha512)`.execute(db);
  // What has no row of a file yet is looked for by its digest before its bytes are removed.
  await sql`CREATE INDEX deliveries_sha512_index ON deliveries (sha512)`.execute(db);
}
