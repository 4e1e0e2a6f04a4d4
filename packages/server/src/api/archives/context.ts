import type { Tickets } from '../../access/tickets.ts';
import type { Database } from '../../db/database.ts';
import type { ArchiveContext } from '../../files/archive.ts';

/** What the endpoints of archives and tickets are made of. */
export interface ArchivesContext extends ArchiveContext {
  database: Database;
  tickets: Tickets;
}
