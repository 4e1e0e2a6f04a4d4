import { type Kysely, sql } from 'kysely';

/** The log of events is read by who did something, by what was done, and from a day on. */
const INDEXES = {
  events_actor_index: 'actor_id, seq',
  events_verb_index: 'verb, seq',
  events_date_index: 'at',
};

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const [name, columns] of Object.entries(INDEXES)) {
    await sql`CREATE INDEX ${sql.id(name)} ON events (${sql.raw(columns)})`.execute(db);
  }
  // Two of the first ones had blanks in them.
  await sql`UPDATE events SET verb = replace(verb, ' ', '_') WHERE verb LIKE '% %'`.execute(db);
}
