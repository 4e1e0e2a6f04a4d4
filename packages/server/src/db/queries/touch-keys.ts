import type { Instant } from '../../clock.ts';
import type { Queries } from '../database.ts';

/** Records that these keys were used. */
export async function touchKeys(queries: Queries, keyIds: readonly string[], at: Instant): Promise<void> {
  await queries.updateTable('api_keys').set({ last_used_at: at }).where('id', 'in', keyIds).execute();
}
