import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Quarry } from '@quarry/sdk';
import { uploadPath } from '@quarry/sdk/node';
import { describe, expect, test } from 'vitest';
import { writeRandom } from '../bench/lib/transfers/large-file.ts';
import { type BothEnds, transferWithCuts, transferWithDamage } from '../bench/lib/transfers/unreliable.ts';
import { startPlatform } from '../packages/server/testing/start-platform.ts';

const MIB = 2 ** 20;
const SIZE_BYTES = 96 * MIB;
/** Of any range that is moved again at once. */
const LARGEST_REPAIR_BYTES = 16 * MIB;
const WORDS = { down: 'a download', up: 'an upload' } as const;

describe.each(['down', 'up'] as const)('of a large file, going %s,', (way) => {
  test(`${WORDS[way]} arrives whole over connections that are cut twenty times, and sends little twice`, {
    timeout: 120_000,
  }, async () => {
    await using ends = await bothEnds();
    const { cuts, againBytes, cutBytes } = await transferWithCuts(way, ends, { count: 20, seed: 3 });
    expect(cuts).toBe(20);
    expect(againBytes - cutBytes).toBeLessThan(0.05 * SIZE_BYTES);
  });

  test(`${WORDS[way]} with a damaged byte finds it, and moves its range again and nothing else`, {
    timeout: 60_000,
  }, async () => {
    await using ends = await bothEnds();
    const { stats, againBytes, repaired } = await transferWithDamage(way, ends);
    expect(stats.corrupted).toBe(1);
    expect(repaired).toHaveLength(1);
    const [{ start, end }] = repaired as [{ start: number; end: number }];
    expect(end - start).toBeLessThanOrEqual(LARGEST_REPAIR_BYTES);
    // Heads and digests cross the proxy as well, and what a slow stream had under way when a faster one took over.
    expect(againBytes).toBeLessThan(end - start + 0.15 * SIZE_BYTES);
  });
});

async function bothEnds(): Promise<BothEnds & AsyncDisposable> {
  await using opened = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'quarry-unreliable-'));
  opened.defer(() => rm(folder, { recursive: true, force: true }));
  const path = join(folder, 'large.bin');
  const sha512 = await writeRandom(path, SIZE_BYTES);
  const platform = opened.use(await startPlatform());
  const client = new Quarry({ baseUrl: platform.url, apiKey: platform.apiKey });
  const { id: fileId } = await uploadPath(client, path);
  const held = opened.move();
  return {
    ...{ platform, path, sizeBytes: SIZE_BYTES, sha512, fileId },
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}
