import type { Queries } from '../database.ts';

/** SQLite takes no more values than this in one question by far. */
const AT_ONCE = 1000;

/** Names of projects by their ids. */
export function namesOfProjects(queries: Queries, ids: readonly string[]): Promise<Map<string, string>> {
  return inParts(ids, (part) =>
    queries.selectFrom('projects').where('id', 'in', part).select(['id', 'name']).execute(),
  );
}

/** Addresses of users by their ids. */
export function namesOfUsers(queries: Queries, ids: readonly string[]): Promise<Map<string, string>> {
  return inParts(ids, (part) =>
    queries.selectFrom('users').where('id', 'in', part).select(['id', 'email as name']).execute(),
  );
}

async function inParts(
  ids: readonly string[],
  find: (part: readonly string[]) => Promise<{ id: string; name: string }[]>,
): Promise<Map<string, string>> {
  const names = new Map<string, string>();
  for (let from = 0; from < ids.length; from += AT_ONCE) {
    for (const { id, name } of await find(ids.slice(from, from + AT_ONCE))) {
      names.set(id, name);
    }
  }
  return names;
}
