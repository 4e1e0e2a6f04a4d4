/** Ten thousand files of 4 KiB, up and down. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { downloadFiles, uploadPaths } from '@quarry/sdk/node';
import { startPlatform } from '@quarry/server/testing';
import type { Benchmark, Figure, Row } from './lib/benchmark.ts';
import { serveWithNginx } from './lib/nginx.ts';
import { clientOf, temporaryDirectory } from './lib/platform.ts';
import { has } from './lib/programs.ts';
import { rcloneDirectoryDown } from './lib/transfers/peers.ts';
import { measureSides, type Side } from './lib/transfers/sides.ts';
import {
  checkSmallFiles,
  copyAndSync,
  curlDownAll,
  curlUpAll,
  tarThroughCurl,
  writeSmallFiles,
} from './lib/transfers/small-files.ts';

const RUNS = 3;
const FILES = 10_000;
const FILE_BYTES = 4096;
const AT_ONCE = 16;

export const smallFiles: Benchmark = {
  name: 'small-files',
  summary: '10,000 files of 4 KiB up and down over loopback, each hashed, synced and a row of the database',

  async run({ runs = RUNS, tiny, note }) {
    const remarks: string[] = [];
    const count = tiny ? 50 : FILES;
    await using directory = await temporaryDirectory();
    const at = (name: string) => join(directory.path, name);
    note(`writing and uploading ${count} files`);
    let digests = writeSmallFiles(at('source'), count, FILE_BYTES);
    await using platform = await startPlatform({ data: at('data') });
    const client = clientOf(platform);
    const stored = await uploadPaths(client, [at('source')]);
    const storedDigests = digests;
    await copyAndSync(at('source'), at('stored'));
    const hasCurl = has('curl', remarks);
    await using nginx = has('nginx', remarks) ? await serveWithNginx(directory.path, directory.path) : null;
    const hasRclone = has('rclone', remarks);

    const uploaded: { relativePath: string; sha512: string | undefined }[] = [];
    const intoDirectory = (what: string, run: () => Promise<unknown>, serverPid?: number): Side => ({
      ...{ what, run, ...(serverPid !== undefined && { serverPid }) },
      check: async () => checkSmallFiles(at('target'), digests),
      clean: () => rm(at('target'), { recursive: true }),
    });
    const toNginx = (what: string, run: (url: string) => Promise<unknown>) =>
      nginx && intoDirectory(what, () => run(nginx.url), nginx.pid);
    const fromNginx = (what: string, run: (url: string) => Promise<unknown>): Side | null =>
      nginx && {
        ...intoDirectory(what, () => run(nginx.url), nginx.pid),
        check: async () => checkSmallFiles(at('target'), storedDigests),
      };
    const up = (url: string, atOnce: number) =>
      curlUpAll({ directory: at('source'), url: `${url}/target`, names: digests.keys(), atOnce });
    const down = (url: string, atOnce: number) =>
      curlDownAll({ directory: at('target'), url: `${url}/stored`, names: storedDigests.keys(), atOnce });

    note('measuring');
    const rows = await measureSides<string>(tiny ? 1 : runs, {
      copy: intoDirectory('peer: cp -r, then sync', () => copyAndSync(at('source'), at('target'))),
      curlUp: hasCurl
        ? toNginx('peer: up, curl to nginx WebDAV, one after another', (url) => up(url, 1))
        : null,
      curlUpParallel: hasCurl
        ? toNginx(`peer: up, curl to nginx WebDAV, ${AT_ONCE} at once`, (url) => up(url, AT_ONCE))
        : null,
      tar:
        nginx && hasCurl && has('tar', remarks)
          ? {
              what: 'peer: up, tar | curl to nginx WebDAV, one archive',
              run: () => tarThroughCurl(at('source'), `${nginx.url}/archive.tar`),
              clean: () => rm(at('archive.tar')),
              serverPid: nginx.pid,
            }
          : null,
      up: {
        what: 'up, uploadPaths of the SDK, verified, synced',
        serverPid: platform.pid,
        run: async () => {
          const files = await uploadPaths(client, [at('source')], { skipKnown: false });
          uploaded.length = 0;
          for (const { relativePath, file } of files) {
            uploaded.push({ relativePath, sha512: file.fileChecksums[0]?.fileHash });
          }
        },
        check: async () => {
          const wrong = uploaded.filter(
            ({ relativePath, sha512 }) => digests.get(nameOf(relativePath)) !== sha512,
          );
          if (uploaded.length !== count || wrong.length > 0) {
            throw new Error(
              `${uploaded.length} of ${count} files were uploaded, ${wrong.length} of them wrong.`,
            );
          }
        },
        // What the platform has already it would not write again.
        clean: async () => {
          digests = writeSmallFiles(at('source'), count, FILE_BYTES);
        },
      },
      curlDown: hasCurl
        ? fromNginx('peer: down, curl from nginx, one after another', (url) => down(url, 1))
        : null,
      curlDownParallel: hasCurl
        ? fromNginx(`peer: down, curl from nginx, ${AT_ONCE} at once`, (url) => down(url, AT_ONCE))
        : null,
      rcloneDown: hasRclone
        ? fromNginx(`peer: down, rclone from nginx, ${AT_ONCE} at once`, (url) =>
            rcloneDirectoryDown(url, 'stored', at('target'), AT_ONCE),
          )
        : null,
      down: {
        ...intoDirectory('down, downloadFiles of the SDK, verified, synced', () =>
          downloadFiles(
            client,
            stored.map(({ file, relativePath }) => ({
              file,
              target: join(at('target'), nameOf(relativePath)),
            })),
          ),
        ),
        check: async () => checkSmallFiles(at('target'), storedDigests),
        serverPid: platform.pid,
      },
    });

    const bar = (peer: Row | undefined) => peer ?? rows.copy!;
    const perSecond = (row: Row) => (count * 1000) / row.median;
    const figure = (what: string, own: Row, peer: Row, first: number, final: number): Figure => ({
      what: `${what}, medians, against ${peer.what.replace(/^peer: (up, |down, )?/, '')}`,
      ...{ value: own.median / peer.median, unit: 'x', first, final, better: 'lower' },
    });
    const rate = (what: string, row: Row): Row => ({
      ...{ what, unit: '/s', median: perSecond(row), runs: row.runs },
      ...{ min: (count * 1000) / row.max, max: (count * 1000) / row.min },
    });
    return {
      rows: [
        ...Object.values(rows).filter((row) => row !== undefined),
        rate('files up by uploadPaths', rows.up!),
        rate('files down by downloadFiles', rows.down!),
      ],
      figures: [
        figure(`${count} small files up`, rows.up!, bar(rows.curlUp), 2, 1),
        figure(`${count} small files down`, rows.down!, bar(rows.curlDown), 4, 2),
      ],
      remarks,
    };
  },
};

/** Below the directory that was given, however it is told. */
function nameOf(relativePath: string): string {
  return relativePath.slice(relativePath.lastIndexOf('/') + 1);
}
