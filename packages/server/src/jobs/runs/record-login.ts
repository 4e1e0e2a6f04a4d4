import type { AgentEvent } from '@quarry/contract';
import { toInstant } from '../../clock.ts';
import type { Queries } from '../../db/database.ts';
import type { LiveCluster } from '../../db/queries/find-cluster.ts';
import { recordEvent } from '../../db/queries/record-event.ts';

/** What is said of a login that was refused. */
const REASONS = {
  key: 'no key that is let in',
  user: 'no such user',
  network: 'from no network that is let in',
  too_many: 'too many at a time',
} as const;

/** Puts a login to a job by SSH into the log of events: whoever has a key that is let in acts as the owner. */
export async function recordLogin(
  queries: Queries,
  { job_id: jobId, owner_id: ownerId }: LiveCluster,
  { at, refusal, fingerprint, from, times }: Extract<AgentEvent, { type: 'ssh_login' }>,
): Promise<void> {
  await recordEvent(queries, {
    at: toInstant(at),
    actorId: refusal === null ? ownerId : null,
    subject: `job:${jobId}`,
    verb: refusal === null ? 'logged_in' : 'login_refused',
    detail: {
      ...(refusal !== null && { reason: REASONS[refusal] }),
      ...(fingerprint !== null && { fingerprint }),
      ...(from !== null && { from }),
      ...(times > 1 && { times }),
    },
  });
}
