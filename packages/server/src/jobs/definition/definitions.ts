import type { Queries } from '../../db/database.ts';
import { prepared } from '../../db/prepared.ts';
import { readDefinition, type StoredDefinition } from './stored.ts';

/** Of so many jobs at once, and so long in all, definitions are kept parsed. */
const KEPT_JOBS = 100;
const KEPT_CHARACTERS = 32 * 1024 * 1024;

/** What the runs of submitted jobs execute. It never changes, may be long, and each exchange with an agent needs it. */
export interface Definitions {
  /** Name, description, project and tags may have changed since. */
  of(jobId: string): Promise<StoredDefinition>;
}

const find = prepared(['jobId'], (queries, { jobId }) =>
  queries.selectFrom('jobs').where('id', '=', jobId).select('definition'),
);

/** Keeps the definitions that were asked for last. */
export function createDefinitions(queries: Queries): Definitions {
  const kept = new Map<string, { definition: StoredDefinition; characters: number }>();
  let total = 0;

  function forget(jobId: string): void {
    total -= kept.get(jobId)?.characters ?? 0;
    kept.delete(jobId);
  }

  return {
    async of(jobId) {
      const known = kept.get(jobId);
      if (known) {
        kept.delete(jobId);
        kept.set(jobId, known);
        return known.definition;
      }
      const [row] = await find(queries, { jobId });
      const definition = readDefinition(row!.definition);
      const characters = row!.definition.length;
      forget(jobId);
      kept.set(jobId, { definition, characters });
      total += characters;
      for (const oldest of kept.keys()) {
        if (kept.size <= KEPT_JOBS && (total <= KEPT_CHARACTERS || kept.size === 1)) {
          break;
        }
        forget(oldest);
      }
      return definition;
    },
  };
}
