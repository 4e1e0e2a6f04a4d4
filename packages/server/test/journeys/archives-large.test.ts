import { expect, test } from 'vitest';
import { fromBufferPromise } from 'yauzl';
import { LIMITS } from '../../src/limits.ts';
import { startPlatform } from '../../testing/start-platform.ts';
import { definition, runJob } from '../platform-harness.ts';

test('more files than are looked up before come all the same, though nobody says how many bytes', async () => {
  await using platform = await startPlatform({ cores: 2 });
  const files = LIMITS.archiveKnownFiles + 1;
  const { id } = await runJob(platform, definition(`for i in $(seq ${files}); do : > $i; done`));
  const headers = { authorization: `Token ${platform.apiKey}` };
  const response = await fetch(new URL(`/api/v2/jobs/${id}/archive/`, platform.url), { headers });
  expect(response.headers.get('content-length')).toBeNull();
  // With the log.
  expect(await countEntries(new Uint8Array(await response.arrayBuffer()))).toBe(files + 1);
});

async function countEntries(bytes: Uint8Array): Promise<number> {
  const zip = await fromBufferPromise(Buffer.from(bytes));
  return zip.entryCount;
}
