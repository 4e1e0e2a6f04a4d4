import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Queries } from '../db/database.ts';
import { type Check, failed, ok, some, warning } from './check.ts';

/** Whether the directories of storage devices are there, and those of nothing else. */
export async function checkDevices(queries: Queries, directory: string): Promise<Check[]> {
  const devices = await queries
    .selectFrom('storage_devices')
    .where('deleted_at', 'is', null)
    .where('status', '=', 'Started')
    .select(['id', 'name', 'used_bytes'])
    .execute();
  const lost = devices.filter(({ id }) => !existsSync(join(directory, id, 'content')));
  if (lost.length > 0) {
    return [
      failed(
        'storage devices',
        `The directories of ${lost.length} storage devices are gone: ${some(lost.map(({ id, name }) => `${name} (${id})`))}.`,
        `Put them back into ${directory} from a copy, or delete these devices (quarry storage rm).`,
      ),
    ];
  }
  const known = new Set(
    (await queries.selectFrom('storage_devices').where('deleted_at', 'is', null).select('id').execute()).map(
      ({ id }) => id,
    ),
  );
  const strays = existsSync(directory) ? readdirSync(directory).filter((name) => !known.has(name)) : [];
  if (strays.length > 0) {
    return [
      warning(
        'storage devices',
        `${directory} has directories of no storage device: ${some(strays)}.`,
        'A server that runs removes them, unless its database is damaged; what cannot be removed is named in its log.',
      ),
    ];
  }
  if (devices.length === 0) {
    return [];
  }
  const bytes = devices.reduce((total, { used_bytes }) => total + (used_bytes ?? 0), 0);
  return [ok('storage devices', `${devices.length}, with ${(bytes / 1024 ** 3).toFixed(1)} GiB on them`)];
}
