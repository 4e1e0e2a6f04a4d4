import { listJobLogs } from '@quarry/contract';
import type { Instant } from '../../clock.ts';
import { findJob } from '../../db/queries/find-job.ts';
import { listEvents } from '../../db/queries/list-events.ts';
import { listClusterStatuses, listJobStatuses } from '../../db/queries/list-statuses.ts';
import { route } from '../../http/route.ts';
import type { JobsContext } from './context.ts';

const DEFAULT_LINES = 100;

interface Line {
  date: Instant;
  message: string;
}

export const logs = ({ database: { read } }: JobsContext) =>
  route(listJobLogs, async (call): Promise<Line[]> => {
    const { id } = await findJob(read, call.caller, call.params.jobId);
    const { limit = DEFAULT_LINES } = call.query;
    const done = await listEvents(read, { subject: `job:${id}` }).rows({ limit, offset: 0, after: null });
    const lines: Line[] = [
      ...(await listJobStatuses(read, id)).map((row) => statusLine('Job', row)),
      ...(await listClusterStatuses(read, id)).map((row) => statusLine('Cluster', row)),
      ...done.map(({ at, verb, email }) => ({
        date: at,
        message: `Job ${verb.replaceAll('_', ' ')}${email === null ? '' : ` by ${email}`}`,
      })),
    ];
    return lines.toSorted((a, b) => (a.date < b.date ? 1 : a.date > b.date ? -1 : 0)).slice(0, limit);
  });

function statusLine(
  what: string,
  row: { status: string; status_date: Instant; status_reason: string | null },
): Line {
  const reason = row.status_reason === null ? '' : `: ${row.status_reason}`;
  return { date: row.status_date, message: `${what} is ${row.status}${reason}` };
}
