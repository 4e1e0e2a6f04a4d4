import {
  createFilesArchiveTicket,
  createFileTicket,
  createFileViewTicket,
  createJobArchiveTicket,
  type Ticket,
} from '@quarry/contract';
import { person } from '../../access/caller.ts';
import type { Tickets } from '../../access/tickets.ts';
import { findJob } from '../../db/queries/find-job.ts';
import { findRun } from '../../db/queries/find-runs.ts';
import { findVisibleFile } from '../../files/visibility.ts';
import { type Call, route } from '../../http/route.ts';
import type { ArchivesContext } from './context.ts';

export const fileTicket = ({ database, tickets }: ArchivesContext) =>
  route(createFileTicket, async (call) => {
    const file = await findVisibleFile(database.read, call.caller, call.params.fileId);
    return ticketFor(tickets, call, `files/${file.id}/contents/`);
  });

export const fileViewTicket = ({ database, tickets }: ArchivesContext) =>
  route(createFileViewTicket, async (call) => {
    const file = await findVisibleFile(database.read, call.caller, call.params.fileId);
    return ticketFor(tickets, call, `files/${file.id}/view/${call.body.scripts ? '?scripts=true' : ''}`);
  });

export const jobArchiveTicket = ({ database, tickets }: ArchivesContext) =>
  route(createJobArchiveTicket, async (call) => {
    const job = await findJob(database.read, call.caller, call.params.jobId);
    const { format, run, search } = call.body;
    if (run !== undefined) {
      await findRun(database.read, job.id, String(run));
    }
    const query = new URLSearchParams({ format });
    if (run !== undefined) {
      query.set('run', String(run));
    }
    if (search !== undefined) {
      query.set('search', search);
    }
    return ticketFor(tickets, call, `jobs/${job.id}/archive/?${query}`);
  });

export const filesArchiveTicket = ({ database, tickets }: ArchivesContext) =>
  route(createFilesArchiveTicket, async (call) => {
    const { ids, format } = call.body;
    for (const id of ids) {
      await findVisibleFile(database.read, call.caller, id);
    }
    const query = new URLSearchParams({ ids: ids.join(','), format });
    return ticketFor(tickets, call, `files/archive/?${query}`);
  });

function ticketFor(tickets: Tickets, { caller, version, baseUrl }: Call, target: string): Ticket {
  if (!('credential' in caller)) {
    throw new Error('A ticket was asked for by nobody.');
  }
  const { userId } = person(caller);
  const { credential } = caller;
  const { path, expiresAt } = tickets.issue(`/api/${version}/${target}`, { credential, userId });
  return { url: `${baseUrl}${path}`, expiresAt };
}
