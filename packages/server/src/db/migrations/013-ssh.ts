import { type Kysely, sql } from 'kysely';

/** Whom the jobs of a user let in by SSH and from where, and where a cluster does. */
const COLUMNS: Record<string, Record<string, string>> = {
  users: { ssh_keys: "text NOT NULL DEFAULT '[]'", cidr_rule: "text NOT NULL DEFAULT ''" },
  clusters: { ssh: 'text' },
};

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const [table, columns] of Object.entries(COLUMNS)) {
    for (const [name, type] of Object.entries(columns)) {
      await sql`ALTER TABLE ${sql.id(table)} ADD COLUMN ${sql.id(name)} ${sql.raw(type)}`.execute(db);
    }
  }
}
