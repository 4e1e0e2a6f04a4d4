/** A large file from the platform to disk with the SDK, verified and synced, against what the host can do at all. */
import { execFile } from 'node:child_process';
import { createHash, randomFillSync } from 'node:crypto';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { downloadFile, uploadPath } from '@quarry/sdk/node';
import { startPlatform } from '@quarry/server/testing';
import type { Benchmark } from './lib/benchmark.ts';
import { isInstalled, serveWithNginx } from './lib/nginx.ts';
import { clientOf, temporaryDirectory } from './lib/platform.ts';
import { alternate, type Sample, timed } from './lib/samples.ts';

const RUNS = 5;
const BYTES = 2 ** 30;
const TINY_BYTES = 4 * 2 ** 20;
const PIECE_BYTES = 2 ** 20;

export const download: Benchmark = {
  name: 'download',
  summary: '1 GiB over loopback to disk, SHA-512 verified and fsynced',

  async run({ runs = RUNS, tiny, note }) {
    const remarks: string[] = [];
    await using directory = await temporaryDirectory();
    const at = (name: string) => join(directory.path, name);
    note('writing and uploading the file');
    const sha512 = await writeRandom(at('source'), tiny ? TINY_BYTES : BYTES);
    await using platform = await startPlatform({ data: at('data') });
    const client = clientOf(platform);
    const file = await uploadPath(client, at('source'), { name: 'large.bin' });
    if ((await hashFile(at('source'))) !== sha512)
      throw new Error('The source does not read as it was written.');

    const hasCurl = isInstalled('curl', '--version');
    const hasNginx = isInstalled('nginx', '-v');
    await using nginx = hasNginx && hasCurl ? await serveWithNginx(directory.path, directory.path) : null;
    if (!hasCurl) remarks.push('curl is missing: the download is compared with hashing alone.');
    else if (!hasNginx) remarks.push('nginx is missing: curl fetched from the platform instead.');

    /** Into a new file each time; the digest of the first is looked at before anything is measured. */
    const toDisk = (fetchTo: (target: string) => Promise<unknown>) => async () => {
      const target = at('target');
      // What the run before left to write would be paid for by whoever syncs first.
      await promisify(execFile)('sync');
      const milliseconds = await timed(() => fetchTo(target));
      if (!checked.has(fetchTo)) {
        if ((await hashFile(target)) !== sha512)
          throw new Error('What was downloaded is not what was uploaded.');
        checked.add(fetchTo);
      }
      await rm(target);
      return milliseconds;
    };
    const checked = new Set<unknown>();
    const own = `${platform.url}/api/v2/files/${file.id}/contents/`;
    const sides = {
      hash: () => timed(() => hashFile(at('source'))),
      ...(nginx ? { nginx: toDisk((target) => curl(`${nginx.url}/source`, target)) } : {}),
      ...(nginx
        ? { synced: toDisk((target) => curl(`${nginx.url}/source`, target).then(() => sync(target))) }
        : {}),
      ...(hasCurl ? { platform: toDisk((target) => curl(own, target, platform.apiKey)) } : {}),
      sdk: toDisk((target) => downloadFile(client, file.id, target)),
    };
    note('measuring');
    for (const side of Object.values(sides)) await side();
    const measured: Record<string, Sample | undefined> = await alternate(tiny ? 1 : runs, sides);

    const words: Record<string, string> = {
      hash: 'peer: SHA-512 of the file alone',
      nginx: 'peer: curl from nginx to disk',
      synced: 'the same, synced to disk',
      platform: 'curl from the platform to disk',
      sdk: 'downloadFile of the SDK, verified, synced',
    };
    const bar = Math.max(
      measured.hash!.median,
      (measured.nginx ?? measured.platform ?? measured.hash)!.median,
    );
    return {
      rows: Object.keys(words).flatMap((side) =>
        measured[side] ? [{ what: words[side]!, unit: 'ms', ...measured[side] }] : [],
      ),
      figures: [
        {
          what: 'download, medians, against the slower peer',
          ...{ value: measured.sdk!.median / bar, unit: 'x', first: 1.5, final: 1.1, better: 'lower' },
        },
      ],
      remarks,
    };
  },
};

async function writeRandom(path: string, bytes: number): Promise<string> {
  await using handle = await open(path, 'w');
  const hash = createHash('sha512');
  const piece = Buffer.alloc(PIECE_BYTES);
  for (let written = 0; written < bytes; written += piece.length) {
    randomFillSync(piece);
    hash.update(piece);
    await handle.write(piece);
  }
  await handle.sync();
  return hash.digest('hex');
}

async function hashFile(path: string): Promise<string> {
  await using handle = await open(path);
  const hash = createHash('sha512');
  const piece = Buffer.alloc(PIECE_BYTES);
  for (;;) {
    const { bytesRead } = await handle.read(piece, 0, piece.length);
    if (bytesRead === 0) return hash.digest('hex');
    hash.update(piece.subarray(0, bytesRead));
  }
}

async function curl(url: string, target: string, apiKey?: string): Promise<void> {
  const credentials = apiKey === undefined ? [] : ['--header', `Authorization: Token ${apiKey}`];
  await promisify(execFile)('curl', ['--silent', '--fail', ...credentials, '--output', target, url]);
}

async function sync(path: string): Promise<void> {
  await using handle = await open(path);
  await handle.sync();
}
