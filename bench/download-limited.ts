/** Downloads over a link that caps each connection: what many of them bring, and how fast that is found out. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Quarry } from '@quarry/sdk';
import { downloadFile, uploadPath } from '@quarry/sdk/node';
import { startPlatform } from '@quarry/server/testing';
import type { Benchmark, Row } from './lib/benchmark.ts';
import { clientOf, temporaryDirectory } from './lib/platform.ts';
import { has } from './lib/programs.ts';
import { type ProxyProcess, startProxyProcess } from './lib/proxy-process.ts';
import { summarize } from './lib/samples.ts';
import { checkDigest, writeRandom } from './lib/transfers/large-file.ts';
import { aria2Download, pythonDownload } from './lib/transfers/peers.ts';
import { measureSides, type Side } from './lib/transfers/sides.ts';

const RUNS = 3;
const STREAMS = 10;
/** What one connection carried where ten of them were 3.5 times as fast as one. */
const CONNECTION_RATE = 8.4e6;
const LOOK_EVERY_MS = 50;
const LOOKS_OF_A_RATE = 6;
const MB = 1e6;

export const downloadLimited: Benchmark = {
  name: 'download-limited',
  summary:
    'one stream and ten over a link that gives each connection 8.4 MB/s; the number found by the SDK itself',

  async run({ runs = RUNS, full, tiny, note }) {
    const remarks: string[] = [];
    const rate = tiny ? 20 * CONNECTION_RATE : CONNECTION_RATE;
    await using directory = await temporaryDirectory();
    const at = (name: string) => join(directory.path, name);
    // One stream takes half a minute; in full two minutes.
    const bytes = tiny ? 4 * 2 ** 20 : full ? 2 ** 30 : 30 * CONNECTION_RATE;
    note('writing and uploading the file');
    const sha512 = await writeRandom(at('source'), bytes);
    await using platform = await startPlatform({ data: at('data') });
    const file = await uploadPath(clientOf(platform), at('source'), { name: 'large.bin' });

    const { host } = new URL(platform.url);
    await using link = await startProxyProcess(host, ['--rate-per-connection', `${rate}B`]);
    // A link that ten connections fill: more bring nothing.
    await using narrow = await startProxyProcess(host, [
      ...['--rate-per-connection', `${rate}B`, '--rate', `${STREAMS * rate}B`],
    ]);
    const through = (proxy: ProxyProcess) => ({ url: proxy.url, apiKey: platform.apiKey });
    const clientThrough = (proxy: ProxyProcess) =>
      new Quarry({ baseUrl: proxy.url, apiKey: platform.apiKey });

    const target = at('target');
    const side = (what: string, run: () => Promise<unknown>): Side => ({
      ...{ what, run, serverPid: platform.pid },
      check: () => checkDigest(target, sha512),
      clean: () => rm(target),
    });
    const streams = (count: number) => () =>
      downloadFile(clientThrough(link), file.id, target, { streams: count });
    const contents = `${link.url}/api/v2/files/${file.id}/contents/`;
    const { apiKey } = platform;
    const hasPython = has('python-requests', remarks);
    const found: Found[] = [];

    note('measuring');
    const rows = await measureSides(
      tiny ? 1 : runs,
      {
        pythonOne: hasPython
          ? side('peer: Python requests, 1 thread', () => pythonDownload(through(link), file.id, target, 1))
          : null,
        python: hasPython
          ? side(`peer: Python requests, ${STREAMS} threads`, () =>
              pythonDownload(through(link), file.id, target, STREAMS),
            )
          : null,
        aria2: has('aria2c', remarks)
          ? side(`peer: aria2c -x${STREAMS} -s${STREAMS}`, () =>
              aria2Download(contents, target, { streams: STREAMS, apiKey, sha512 }),
            )
          : null,
        one: side('downloadFile, 1 stream', streams(1)),
        many: side(`downloadFile, ${STREAMS} streams`, streams(STREAMS)),
        adaptive: side('downloadFile, number of streams found by itself', () =>
          downloadFile(clientThrough(link), file.id, target),
        ),
        narrow: side(`the same, ${STREAMS} connections fill the link`, async () => {
          found.push(await watchStreams(narrow, () => downloadFile(clientThrough(narrow), file.id, target)));
        }),
      },
      { warmUp: false },
    );

    const row = (what: string, unit: string, values: number[]): Row => ({ what, unit, ...summarize(values) });
    const linkMs = (bytes / (STREAMS * rate)) * 1000;
    return {
      rows: [
        { what: `limit: the bytes alone over ${STREAMS} connections`, unit: 'ms', ...summarize([linkMs]) },
        ...Object.values(rows),
        row(
          'connections at most, where 10 fill the link',
          'connections',
          found.map(({ connections }) => connections),
        ),
        row(
          'best rate over 0.3 s there',
          'MB/s',
          found.map(({ bestRate }) => bestRate / MB),
        ),
        row(
          'time until nine tenths of that rate',
          'ms',
          found.map(({ reachedMs }) => reachedMs),
        ),
      ],
      figures: [
        {
          what: `${STREAMS} streams against one, medians`,
          ...{
            value: rows.one!.median / rows.many!.median,
            unit: 'x',
            first: 8,
            final: 9.5,
            better: 'higher',
          },
        },
        ...(rows.python
          ? [
              {
                what: 'number of streams found by itself against the Python method, medians',
                value: rows.python.median / rows.adaptive!.median,
                ...{ unit: 'x', first: 1, final: 1, better: 'higher' as const },
              },
            ]
          : []),
      ],
      remarks,
    };
  },
};

interface Found {
  connections: number;
  /** Bytes per second. */
  bestRate: number;
  reachedMs: number;
}

/** How many connections a download comes to, and how long that takes, as seen by the proxy. */
async function watchStreams(proxy: ProxyProcess, work: () => Promise<unknown>): Promise<Found> {
  const looks: { atMs: number; bytes: number; connections: number }[] = [];
  let isOver = false;
  const begin = performance.now();
  const over = work().finally(() => {
    isOver = true;
  });
  over.catch(() => {});
  while (!isOver) {
    const { bytesDown, openConnections } = await proxy.stats();
    looks.push({ atMs: performance.now() - begin, bytes: bytesDown, connections: openConnections });
    await Promise.race([over, sleep(LOOK_EVERY_MS)]);
  }
  await over;
  const rates = looks.slice(LOOKS_OF_A_RATE).map((look, index) => ({
    atMs: look.atMs,
    rate: ((look.bytes - looks[index]!.bytes) * 1000) / (look.atMs - looks[index]!.atMs),
  }));
  const bestRate = Math.max(0, ...rates.map(({ rate }) => rate));
  return {
    connections: Math.max(...looks.map(({ connections }) => connections)),
    bestRate,
    reachedMs: rates.find(({ rate }) => rate >= 0.9 * bestRate)?.atMs ?? looks.at(-1)!.atMs,
  };
}
