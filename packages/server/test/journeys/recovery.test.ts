import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, test } from 'vitest';
import { type Platform, startPlatform } from '../../testing/start-platform.ts';
import { definition, reach, runJob, saveJob, submitJob, until } from '../platform-harness.ts';

let platform: Platform;
beforeAll(async () => {
  platform = await startPlatform({ cores: 1 });
});
afterAll(async () => {
  await platform[Symbol.asyncDispose]();
});

/** Makes the database refuse an update, as a disk without room would, until it is let go. */
function refuse(table: string, when: string): Disposable {
  const database = new DatabaseSync(join(platform.dataDir, 'quarry.db'), { timeout: 5000 });
  database.exec(
    `CREATE TRIGGER refused BEFORE UPDATE ON ${table} WHEN ${when} BEGIN SELECT RAISE(ABORT, 'refused'); END`,
  );
  return {
    [Symbol.dispose]() {
      database.exec('DROP TRIGGER refused');
      database.close();
    },
  };
}
/** Only then is no cluster of an earlier job left that still has to be released. */
const allReleased = () =>
  until(
    async () => (await readdir(join(platform.dataDir, 'clusters'))).length === 0,
    'the end of the directories',
  );
const says = (words: string) => until(async () => platform.log().includes(words), words);

test('a job that could not be started for a fault that passes starts without another word', async () => {
  const id = await saveJob(platform);
  {
    using _ = refuse('jobs', `NEW.status = 'Queued'`);
    await platform.call('POST', `/api/v2/jobs/${id}/submit/`);
    await says('scheduling failed');
  }
  await reach(platform, id, 'Completed');
  await allReleased();
});

test('a cluster that could not be released for a fault that passes gives its cores back', async () => {
  {
    using _ = refuse('clusters', 'NEW.is_ended = 1');
    await runJob(platform);
    await says('an effect failed');
  }
  const next = await submitJob(platform, definition('true'));
  await reach(platform, next, 'Completed');
  await allReleased();
});
