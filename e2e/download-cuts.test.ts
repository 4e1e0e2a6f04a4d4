/** A download over a connection that is cut again and again: the bytes are right, and few travel twice. */
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Quarry, type TransferEvent } from '@quarry/sdk';
import { downloadFile } from '@quarry/sdk/node';
import { expect, test } from 'vitest';
import { startProxy } from '../bench/proxy/proxy.ts';
import { startPlatform } from '../packages/server/testing/start-platform.ts';

const MIB = 1024 * 1024;
const CUTS = 20;
/** Beyond the ranges that were cut, as a share of the file; */
const MOST_SENT_AGAIN = 0.05;
/** and all in all: a reset takes what the kernel of the client holds unread. */
const MOST_LOST = 0.25;

test('64 MiB arrive whole through 20 random cuts, with little sent again', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'quarry-cuts-'));
  try {
    await using platform = await startPlatform();
    const content = randomBytes(64 * MIB);
    const direct = new Quarry({ baseUrl: platform.url, apiKey: platform.apiKey });
    const file = await direct.files.upload(new Blob([content]), { name: 'large.bin' });
    // Slow enough that cuts meet ranges under way.
    await using proxy = await startProxy({ target: platform.url, rate: 32 * MIB });
    const client = new Quarry({ baseUrl: proxy.url, apiKey: platform.apiKey });
    const events: TransferEvent[] = [];
    let cuts = 0;
    let nextCutAt = MIB;
    const target = join(directory, 'large.bin');
    const { sha512 } = await downloadFile(client, file.id, target, {
      onEvent: (event) => {
        events.push(event);
        if (event.type !== 'progress' || event.transferredBytes < nextCutAt || cuts === CUTS) {
          return;
        }
        nextCutAt = event.transferredBytes + Math.random() * 2.5 * MIB;
        cuts += 1;
        proxy.cutAll();
      },
    });
    expect(cuts).toBe(CUTS);
    expect(sha512).toBe(createHash('sha512').update(content).digest('hex'));
    expect((await readFile(target)).equals(content)).toBe(true);
    expect(events.some(({ type }) => type === 'retry')).toBe(true);
    expect(events.filter(({ type }) => type === 'repair' || type === 'restart')).toEqual([]);
    const { bytesDown } = proxy.stats;
    const ofRangesCut = proxy.stats.cuts.reduce((sum, { exchangeDown }) => sum + exchangeDown, 0);
    expect(bytesDown - ofRangesCut).toBeLessThan(content.byteLength * (1 + MOST_SENT_AGAIN));
    expect(bytesDown).toBeLessThan(content.byteLength * (1 + MOST_LOST));
    expect(await readdir(directory)).toEqual(['large.bin']);
  } finally {
    await rm(directory, { recursive: true });
  }
});
