/** A large file to the platform, as a form and by the SDK, against what the host can do at all. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { uploadPath } from '@quarry/sdk/node';
import { type Platform, startPlatform } from '@quarry/server/testing';
import type { Benchmark } from './lib/benchmark.ts';
import { peakMemory } from './lib/memory.ts';
import { hasDavExtension, serveWithNginx } from './lib/nginx.ts';
import { clientOf, residentMiB, temporaryDirectory } from './lib/platform.ts';
import { has } from './lib/programs.ts';
import { summarize } from './lib/samples.ts';
import { checkDigest, syncFile, writeRandom } from './lib/transfers/large-file.ts';
import { curlForm, curlPut, pythonUpload, rcloneWebdavUp } from './lib/transfers/peers.ts';
import { measureSides, type Side } from './lib/transfers/sides.ts';

const RUNS = 5;
const BYTES = 2 ** 30;
const TINY_BYTES = 4 * 2 ** 20;

export const upload: Benchmark = {
  name: 'upload',
  summary: '1 GiB over loopback to the platform, hashed and fsynced before it is answered',

  async run({ runs = RUNS, tiny, note }) {
    const remarks: string[] = [];
    await using directory = await temporaryDirectory();
    const at = (name: string) => join(directory.path, name);
    note('writing the file');
    const bytes = tiny ? TINY_BYTES : BYTES;
    const sha512 = await writeRandom(at('source'), bytes);
    await using platform = await startPlatform({ data: at('data') });
    const hasCurl = has('curl', remarks);
    await using nginx = has('nginx', remarks) ? await serveWithNginx(directory.path, directory.path) : null;
    const hasRclone = has('rclone', remarks);
    if (nginx && hasRclone && !hasDavExtension()) {
      remarks.push('nginx has no dav_ext module here: rclone, which needs PROPFIND, is left out.');
    }

    const client = clientOf(platform);
    const options = { skipKnown: false, name: 'large.bin' };
    const features = await client.transport.features();
    const isResumable = features.has('resumable-uploads');
    const stored = (what: string, run: () => Promise<{ id: string }>) =>
      storedSide(platform, { what, run, sha512, bytes });
    const toNginx = (what: string, run: (url: string) => Promise<unknown>): Side | null =>
      nginx && {
        what,
        serverPid: nginx.pid,
        run: () => run(nginx.url),
        check: () => checkDigest(at('target'), sha512),
        clean: () => rm(at('target')),
      };

    note('measuring');
    const idleMiB = await residentMiB(platform.pid);
    let rows: Awaited<ReturnType<typeof measureSides<string>>> = {};
    const peakMiB = await peakMemory(platform.pid, async () => {
      rows = await measureSides<string>(tiny ? 1 : runs, {
        hash: { what: 'peer: SHA-512 of the file alone', run: () => checkDigest(at('source'), sha512) },
        nginx: hasCurl
          ? toNginx('peer: curl to nginx WebDAV', (url) => curlPut(at('source'), `${url}/target`))
          : null,
        synced: hasCurl
          ? toNginx('the same, synced to disk', async (url) => {
              await curlPut(at('source'), `${url}/target`);
              await syncFile(at('target'));
            })
          : null,
        rclone:
          hasRclone && hasDavExtension()
            ? toNginx('peer: rclone to nginx WebDAV', (url) => rcloneWebdavUp(at('source'), url, 'target'))
            : null,
        python: has('python-requests', remarks)
          ? stored('peer: Python requests to the platform', () => pythonUpload(at('source'), platform))
          : null,
        form: hasCurl
          ? stored('curl to the platform, one form', () => curlForm(at('source'), platform))
          : null,
        sdk: stored(`uploadPath of the SDK, verified, ${isResumable ? 'resumable' : 'one form'}`, () =>
          uploadPath(client, at('source'), options),
        ),
      });
    });

    const own = rows.form ?? rows.sdk!;
    const bar = Math.max(rows.hash!.median, (rows.nginx ?? rows.hash!).median);
    return {
      rows: [
        ...Object.values(rows).filter((row) => row !== undefined),
        { what: 'memory of the server before', unit: 'MiB', ...summarize([idleMiB]) },
        { what: 'memory of the server at most', unit: 'MiB', ...summarize([peakMiB]) },
      ],
      figures: [
        {
          what: `${rows.form ? 'one form' : 'uploadPath'}, medians, against the slower peer`,
          ...{ value: own.median / bar, unit: 'x', first: 1.5, final: 1.3, better: 'lower' },
        },
        {
          what: 'uploadPath, medians, against the slower peer',
          ...{ value: rows.sdk!.median / bar, unit: 'x', first: 1.5, final: 1.3, better: 'lower' },
        },
        {
          what: 'growth of the server by all uploads',
          ...{ value: peakMiB - idleMiB, unit: 'MiB', first: 128, final: 64, better: 'lower' },
        },
      ],
      remarks,
    };
  },
};

/** An upload that leaves a file, which is looked at and removed. */
function storedSide(
  platform: Platform,
  {
    what,
    run,
    sha512,
    bytes,
  }: { what: string; run: () => Promise<{ id: string }>; sha512: string; bytes: number },
): Side {
  const client = clientOf(platform);
  let id = '';
  return {
    what,
    serverPid: platform.pid,
    run: async () => {
      ({ id } = await run());
    },
    check: async () => {
      const file = await client.files.get(id);
      if (file.fileChecksums[0]?.fileHash !== sha512 || file.decryptedSize !== bytes) {
        throw new Error('The platform has another file than was sent.');
      }
    },
    clean: async () => {
      await client.files.delete(id);
    },
  };
}
