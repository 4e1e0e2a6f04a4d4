import { listJobLogs, type SshAddress } from '@quarry/contract';
import type { Instant } from '../../clock.ts';
import { findJob } from '../../db/queries/find-job.ts';
import { listEvents } from '../../db/queries/list-events.ts';
import { listClusterStatuses, listJobStatuses } from '../../db/queries/list-statuses.ts';
import { findClusterSsh } from '../../db/queries/ssh-access.ts';
import { route } from '../../http/route.ts';
import type { JobsContext } from './context.ts';

const DEFAULT_LINES = 100;

interface Line {
  date: Instant;
  message: string;
}

export const logs = ({ database: { read } }: JobsContext) =>
  route(listJobLogs, async (call): Promise<Line[]> => {
    const { id, cluster_id: clusterId } = await findJob(read, call.caller, call.params.jobId);
    const { limit = DEFAULT_LINES } = call.query;
    const done = await listEvents(read, { subject: `job:${id}` }).rows({ limit, offset: 0, after: null });
    const ofCluster = await listClusterStatuses(read, id);
    const ssh = clusterId === null ? null : ((await findClusterSsh(read, clusterId))?.told?.address ?? null);
    const lines: Line[] = [
      ...(await listJobStatuses(read, id)).map((row) => statusLine('Job', row)),
      ...(ssh === null ? [] : [loginLine(ssh, ofCluster[0]!.status_date)]),
      ...ofCluster.map((row) => statusLine('Cluster', row)),
      ...done.map(({ at, verb, email }) => ({
        date: at,
        message: `Job ${verb.replaceAll('_', ' ')}${email === null ? '' : ` by ${email}`}`,
      })),
    ];
    return lines.toSorted((a, b) => (a.date < b.date ? 1 : a.date > b.date ? -1 : 0)).slice(0, limit);
  });

/** Clients look for the command by these words, so the port stands behind it. */
function loginLine({ host, port, username }: SshAddress, date: Instant): Line {
  return { date, message: `Command: ssh -i </path/to/key> ${username}@${host}; with -p ${port}` };
}

function statusLine(
  what: string,
  row: { status: string; status_date: Instant; status_reason: string | null },
): Line {
  const reason = row.status_reason === null ? '' : `: ${row.status_reason}`;
  return { date: row.status_date, message: `${what} is ${row.status}${reason}` };
}
