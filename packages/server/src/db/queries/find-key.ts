import type { Queries } from '../database.ts';

/** The living key with this hash, or with this id, with its user. */
export function findKey(queries: Queries, key: { hash: string } | { id: string }) {
  const [column, value] = 'hash' in key ? (['key_hash', key.hash] as const) : (['id', key.id] as const);
  return queries
    .selectFrom('api_keys')
    .innerJoin('users', 'users.id', 'api_keys.user_id')
    .where(`api_keys.${column}`, '=', value)
    .where('api_keys.revoked_at', 'is', null)
    .where('users.is_active', '=', 1)
    .select([
      'api_keys.id as keyId',
      'api_keys.job_id as jobId',
      'api_keys.expires_at as expiresAt',
      'users.id as userId',
      'users.email as email',
      'users.role as role',
      'users.workspace_id as workspaceId',
    ])
    .executeTakeFirst();
}
