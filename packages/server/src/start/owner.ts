import { readFile, writeFile } from 'node:fs/promises';
import { hostname, userInfo } from 'node:os';
import { hashKey, keyPrefix, newApiKey } from '../access/keys.ts';
import type { Clock } from '../clock.ts';
import type { Database, Queries } from '../db/database.ts';
import { insertKey } from '../db/queries/api-keys.ts';
import { findKey } from '../db/queries/find-key.ts';
import { recordEvent } from '../db/queries/record-event.ts';
import { newId } from '../ids.ts';
import type { DataPaths } from './paths.ts';

/**
 * Makes the workspace, its default project and its first administrator in a fresh database, and sees to it
 * that the owner's key in the data directory works. Answers the key.
 */
export async function ensureOwner(database: Database, clock: Clock, paths: DataPaths): Promise<string> {
  const stored = (await readFile(paths.ownerKey, 'utf8').catch(() => '')).trim();
  if (stored && (await findKey(database.read, { hash: hashKey(stored) }))) {
    return stored;
  }
  const key = newApiKey();
  await writeFile(paths.ownerKey, `${key}\n`, { mode: 0o600 });
  await database.write(async (queries) => {
    const owner = await queries
      .selectFrom('users')
      .where('role', '=', 'admin')
      .where('is_active', '=', 1)
      .orderBy('date_inserted')
      .select('id')
      .executeTakeFirst();
    const userId = owner?.id ?? (await insertOwner(queries, clock));
    const [keyId, name, at] = [newId(), 'owner key of the data directory', clock.now()];
    await insertKey(queries, {
      id: keyId,
      userId,
      name,
      hash: hashKey(key),
      prefix: keyPrefix(key),
      at,
      expiresAt: null,
    });
    const by = { at, actorId: null, verb: 'created' } as const;
    if (!owner) {
      await recordEvent(queries, { ...by, subject: `user:${userId}`, detail: { role: 'admin' } });
    }
    const detail = { name, userId, isImported: false };
    await recordEvent(queries, { ...by, subject: `key:${keyId}`, detail });
  });
  return key;
}

async function insertOwner(queries: Queries, clock: Clock): Promise<string> {
  const now = clock.now();
  const [workspaceId, projectId, userId] = ['01-000000001', newId(), newId()];
  await queries
    .insertInto('workspaces')
    .values({
      id: workspaceId,
      name: 'Default workspace',
      company_code: 'quarry',
      company_name: 'Quarry',
      date_inserted: now,
    })
    .execute();
  await queries
    .insertInto('users')
    .values({
      id: userId,
      workspace_id: workspaceId,
      email: ownerAddress(),
      first_name: 'Owner',
      last_name: '',
      role: 'admin',
      max_job_hours: null,
      is_active: 1,
      date_inserted: now,
    })
    .execute();
  await queries
    .insertInto('projects')
    .values({
      id: projectId,
      workspace_id: workspaceId,
      name: 'Default project',
      description: '',
      is_default: 1,
      is_active: 1,
      date_inserted: now,
    })
    .execute();
  await queries
    .insertInto('project_members')
    .values({ project_id: projectId, user_id: userId, is_manager: 1 })
    .execute();
  return userId;
}

/** Whoever runs the server, in the form of an address. */
function ownerAddress(): string {
  const word = (text: string) => text.replace(/[^A-Za-z0-9._-]/g, '') || 'owner';
  let name = 'owner';
  try {
    name = userInfo().username;
  } catch {
    // A container may run under a number that has no name.
  }
  return `${word(name)}@${word(hostname())}`;
}
