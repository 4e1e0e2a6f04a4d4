/** A large file from the platform to disk with the SDK, verified and synced, against what the host can do at all. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { downloadFile, downloadUrl, uploadPath } from '@quarry/sdk/node';
import { startPlatform } from '@quarry/server/testing';
import type { Benchmark } from './lib/benchmark.ts';
import { serveWithNginx } from './lib/nginx.ts';
import { clientOf, temporaryDirectory } from './lib/platform.ts';
import { has } from './lib/programs.ts';
import { checkDigest, hashFile, syncFile, writeRandom } from './lib/transfers/large-file.ts';
import { aria2Download, curlDownload, pythonDownload, rcloneDownload } from './lib/transfers/peers.ts';
import { measureSides, type Side } from './lib/transfers/sides.ts';

const RUNS = 5;
const BYTES = 2 ** 30;
const TINY_BYTES = 4 * 2 ** 20;
const STREAMS = 8;
const PYTHON_THREADS = 10;

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
    const hasCurl = has('curl', remarks);
    await using nginx = has('nginx', remarks) ? await serveWithNginx(directory.path, directory.path) : null;

    const target = at('target');
    const toDisk = (what: string, serverPid: number, run: () => Promise<unknown>): Side => ({
      ...{ what, serverPid, run },
      check: () => checkDigest(target, sha512),
      clean: () => rm(target),
    });
    const fromNginx = (what: string, run: (url: string) => Promise<unknown>) =>
      nginx && toDisk(what, nginx.pid, () => run(`${nginx.url}/source`));
    const fromPlatform = (what: string, run: (url: string) => Promise<unknown>) =>
      toDisk(what, platform.pid, () => run(`${platform.url}/api/v2/files/${file.id}/contents/`));
    const { apiKey } = platform;
    const hasAria2 = has('aria2c', remarks);
    const hasPython = has('python-requests', remarks);

    note('measuring');
    const rows = await measureSides(tiny ? 1 : runs, {
      hash: { what: 'peer: SHA-512 of the file alone', run: () => checkDigest(at('source'), sha512) },
      nginx: hasCurl ? fromNginx('peer: curl from nginx to disk', (url) => curlDownload(url, target)) : null,
      synced: hasCurl
        ? fromNginx('the same, synced to disk', async (url) => {
            await curlDownload(url, target);
            await syncFile(target);
          })
        : null,
      verified: hasCurl
        ? fromNginx('the same, then hashed', async (url) => {
            await curlDownload(url, target);
            await syncFile(target);
            await hashFile(target);
          })
        : null,
      aria2: hasAria2
        ? fromNginx(`peer: aria2c -x${STREAMS} from nginx`, (url) =>
            aria2Download(url, target, { streams: STREAMS }),
          )
        : null,
      aria2Verified: hasAria2
        ? fromNginx('the same with --checksum', (url) =>
            aria2Download(url, target, { streams: STREAMS, sha512 }),
          )
        : null,
      rclone:
        nginx && has('rclone', remarks)
          ? fromNginx('peer: rclone from nginx', () => rcloneDownload(nginx.url, 'source', target))
          : null,
      sdkUrl: fromNginx('downloadUrl of the SDK from nginx, verified, synced', (url) =>
        downloadUrl(url, target, { sha512 }),
      ),
      platform: hasCurl
        ? fromPlatform('curl from the platform to disk', (url) => curlDownload(url, target, apiKey))
        : null,
      python: hasPython
        ? fromPlatform(`peer: Python requests, ${PYTHON_THREADS} threads, parts joined, hashed`, () =>
            pythonDownload(platform, file.id, target, PYTHON_THREADS),
          )
        : null,
      sdk: fromPlatform('downloadFile of the SDK, verified, synced', () =>
        downloadFile(client, file.id, target),
      ),
    });

    const bar = Math.max(rows.hash!.median, (rows.nginx ?? rows.platform ?? rows.hash!).median);
    return {
      rows: Object.values(rows),
      figures: [
        {
          what: 'download, medians, against the slower peer',
          ...{ value: rows.sdk!.median / bar, unit: 'x', first: 1.5, final: 1.1, better: 'lower' },
        },
      ],
      remarks,
    };
  },
};
