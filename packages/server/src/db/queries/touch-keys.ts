import type { Instant } from '../../clock.ts';
import type { Queries } from '../database.ts';
import { recordEvent } from './record-event.ts';

/** Records that these keys were used; the first use of a key that is somebody's own is an event. */
export async function touchKeys(queries: Queries, keyIds: readonly string[], at: Instant): Promise<void> {
  const fresh = await queries
    .selectFrom('api_keys')
    .where('id', 'in', keyIds)
    .where('last_used_at', 'is', null)
    .where('job_id', 'is', null)
    .select(['id', 'name', 'user_id'])
    .execute();
  for (const { id, name, user_id } of fresh) {
    await recordEvent(queries, {
      at,
      actorId: user_id,
      subject: `key:${id}`,
      verb: 'first_used',
      detail: { name },
    });
  }
  await queries.updateTable('api_keys').set({ last_used_at: at }).where('id', 'in', keyIds).execute();
}
