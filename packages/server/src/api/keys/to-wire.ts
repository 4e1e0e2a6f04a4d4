import type { ApiKey } from '@quarry/contract';
import type { ApiKeyRow } from '../../db/tables.ts';

export function apiKeyToWire(row: ApiKeyRow): ApiKey {
  return {
    id: row.id,
    name: row.name,
    prefix: row.key_prefix,
    dateCreated: row.date_inserted,
    dateExpires: row.expires_at,
    dateLastUsed: row.last_used_at,
  };
}
