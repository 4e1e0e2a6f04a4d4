import type { Route } from '../../http/route.ts';
import type { ArchivesContext } from './context.ts';
import { filesArchive } from './files.ts';
import { jobArchive } from './job.ts';
import { filesArchiveTicket, fileTicket, fileViewTicket, jobArchiveTicket } from './tickets.ts';

/** Several files as one stream, and links that open without a key. */
export function archiveRoutes(context: ArchivesContext): Route[] {
  return [
    jobArchive(context),
    filesArchive(context),
    fileTicket(context),
    fileViewTicket(context),
    jobArchiveTicket(context),
    filesArchiveTicket(context),
  ];
}
